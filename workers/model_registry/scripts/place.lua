-- A version becomes shadow or canary, or nobody is.
local before = repeated()
if before then return before end
local gone = fenced()
if gone then return gone end
local version, role = a.version, a.role
if version then
  if not exists(version) then return refused('UNKNOWN', version) end
  local was = of(version, 'state')
  if of(version, 'collected') or was == 'retired' or was == 'champion' then return refused('STATE', 'it is ' .. was) end
  if role == 'canary' then
    gone = unproven(version)
    if gone then return gone end
  end
end
local other = get(role)
if other and other ~= version then state(other, 'candidate') end
if version then leave_roles(version); state(version, role) end
set(role, version)
if role == 'canary' then set('canary_percent', version and a.percent or nil) end
local epoch = tostring(redis.call('HINCRBY', key('head'), 'epoch', 1))
record(role, version, (version and role == 'canary' and a.percent .. ' percent' or '') .. (other and other ~= version and ' instead of ' .. other or ''))
return done(epoch)
