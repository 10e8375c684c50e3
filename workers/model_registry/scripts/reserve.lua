-- A number for a version that will be put: the manifest holds it, so it must be known before the manifest is signed.
local number = redis.call('HGET', key('puts'), a.op)
if not number then
  local gone = fenced()
  if gone then return gone end
  number = tostring(redis.call('INCR', key('next')))
  redis.call('HSET', key('puts'), a.op, number)
end
return { 'ok', number }
