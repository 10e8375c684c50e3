-- A worker says that it is there, or that it goes; one that says nothing for so many seconds is forgotten.
local DAY = 24 * 3600
if a.record then
  redis.call('SET', key('worker:' .. a.instance), a.record, 'EX', a.seconds)
  redis.call('ZADD', key('workers'), now, a.instance)
else
  redis.call('DEL', key('worker:' .. a.instance))
  redis.call('ZREM', key('workers'), a.instance)
end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', key('workers'), '-inf', tonumber(now) - DAY)) do
  redis.call('ZREM', key('workers'), gone)
end
return { 'ok', now }
