-- A version that shall not serve: garbage collection may take its files.
local before = repeated()
if before then return before end
local gone = fenced()
if gone then return gone end
local version = a.version
if not exists(version) then return refused('UNKNOWN', version) end
if get('champion') == version then return refused('STATE', 'it is the champion; promote another or roll back first') end
if of(version, 'state') == 'retired' then return done() end
local in_head = get('shadow') == version or get('canary') == version or get('previous') == version
leave_roles(version)
state(version, 'retired')
redis.call('HSET', key('v:' .. version), 'retired_at', now)
if in_head then redis.call('HINCRBY', key('head'), 'epoch', 1) end
record('retire', version)
return done()
