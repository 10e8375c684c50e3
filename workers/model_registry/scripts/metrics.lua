-- One row of the trainer's metrics; a repeated call adds none.
if redis.call('SET', key('op:metrics:' .. a.op), '1', 'NX', 'EX', 120) then
  redis.call('XADD', key('metrics'), 'MAXLEN', '~', '100000', '*', 'row', a.row)
end
return { 'ok' }
