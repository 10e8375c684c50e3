-- Files of versions that serve no more, or that the gate refused, go at once, but for the newest so many and those named.
-- Unlike gc it does not wait until they are old: who proposes every few seconds would fill the server by then.
local before = repeated()
if before then return before end
local gone = fenced()
if gone then return gone end
local kept, seen, dropped, loose, used = {}, 0, 0, {}, {}
for _, version in ipairs(a.protect or {}) do kept[version] = true end
for _, version in ipairs(redis.call('ZREVRANGE', key('versions'), 0, -1)) do
  local was = of(version, 'state')
  local ended = was == 'retired' or (was == 'candidate' and of(version, 'passed') == '0')
  if not of(version, 'collected') then
    if ended then seen = seen + 1 end
    local files = cjson.decode(of(version, 'manifest')).files
    if ended and seen > tonumber(a.keep) and not kept[version] then
      redis.call('HSET', key('v:' .. version), 'state', 'retired', 'retired_at', of(version, 'retired_at') or now, 'collected', now)
      for _, file in pairs(files) do loose[file.sha256] = true end
      dropped = dropped + 1
      record('collect', version)
    else
      for _, file in pairs(files) do used[file.sha256] = true end
    end
  end
end
mark_checkpoints(used)
for sha in pairs(loose) do
  if not used[sha] then drop_blob(sha) end
end
return done(tostring(dropped))
