-- The gate's judgement of a version against the champion of an epoch.
local before = repeated()
if before then return before end
local gone = fenced()
if gone then return gone end
if not exists(a.version) then return refused('UNKNOWN', a.version) end
if tonumber(a.against) > tonumber(get('epoch') or '0') then return refused('STALE', get('epoch') or '0') end
redis.call('HSET', key('v:' .. a.version), 'verdict', a.verdict, 'passed', a.passed, 'against_epoch', a.against)
record('verdict', a.version, a.passed == '1' and 'passed' or 'failed')
return done()
