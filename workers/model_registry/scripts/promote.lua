-- A version becomes champion: fence, expected epoch, state and the gate's verdict are looked at here, where nothing can change between.
local before = repeated()
if before then return before end
local gone = fenced()
if gone then return gone end
local version, champion, epoch = a.version, get('champion'), get('epoch') or '0'
if not exists(version) then return refused('UNKNOWN', version) end
if tonumber(a.expected) < tonumber(get('champion_epoch') or '0') or tonumber(a.expected) > tonumber(epoch) then return refused('STALE', epoch) end
if champion == version then return refused('STATE', 'it is the champion') end
if of(version, 'collected') then return refused('STATE', 'its files were collected') end
if not a.force then
  if of(version, 'state') == 'retired' then return refused('STATE', 'it is retired; only force and a reason put it back') end
  -- 'before' tells it of versions that served when nothing else was noted.
  if of(version, 'served') or of(version, 'before') or of(version, 'state') == 'previous' then
    return refused('STATE', 'it was champion before; roll back, or put it back with force and a reason')
  end
end
gone = unproven(version)
if gone then return gone end
state(get('previous'), 'retired')
if get('previous') then redis.call('HSET', key('v:' .. get('previous')), 'retired_at', now) end
leave_roles(version)
state(champion, 'previous')
state(version, 'champion')
redis.call('HDEL', key('v:' .. version), 'retired_at')
redis.call('HSET', key('v:' .. version), 'served', now)
if champion then redis.call('HSET', key('v:' .. version), 'before', champion) end
set('previous', champion)
set('champion', version)
epoch = tostring(redis.call('HINCRBY', key('head'), 'epoch', 1))
set('champion_epoch', epoch)
record(a.force and 'force' or 'promote', version, 'instead of ' .. (champion or 'none'))
return done(epoch)
