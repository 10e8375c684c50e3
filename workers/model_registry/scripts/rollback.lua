-- Back to the champion before; the one that failed is retired, and the one before that is next in line.
local before = repeated()
if before then return before end
local gone = fenced()
if gone then return gone end
local champion, previous, epoch = get('champion'), get('previous'), get('epoch') or '0'
if a.expected and tonumber(a.expected) < tonumber(get('champion_epoch') or '0') then return refused('STALE', epoch) end
if not previous then return refused('STATE', 'there is no version to go back to') end
local before_it = of(champion, 'before')
if before_it and before_it ~= previous then
  return refused('STATE', 'the champion follows version ' .. before_it .. ', the head names ' .. previous .. ': it was changed by hand; promote a version with force')
end
leave_roles(previous)
state(champion, 'retired')
redis.call('HSET', key('v:' .. champion), 'retired_at', now)
state(previous, 'champion')
set('champion', previous)
local older = of(previous, 'before')
if older and older ~= champion and exists(older) and not of(older, 'collected') and of(older, 'state') == 'retired' then
  state(older, 'previous')
  redis.call('HDEL', key('v:' .. older), 'retired_at')
  set('previous', older)
end
epoch = tostring(redis.call('HINCRBY', key('head'), 'epoch', 1))
set('champion_epoch', epoch)
record('rollback', previous, 'instead of ' .. champion)
return done(epoch)
