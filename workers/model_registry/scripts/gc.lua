-- Files of versions that are retired for long enough go, and blobs that nothing names and nobody has written for as long.
local before = repeated()
if before then return before end
local limit, used, versions, blobs = tonumber(now) - tonumber(a.older_than), {}, 0, 0
for _, version in ipairs(redis.call('ZRANGE', key('versions'), 0, -1)) do
  local retired_at = of(version, 'retired_at')
  if not of(version, 'collected') and of(version, 'state') == 'retired' and retired_at and tonumber(retired_at) <= limit then
    redis.call('HSET', key('v:' .. version), 'collected', now)
    versions = versions + 1
    record('collect', version)
  end
  if not of(version, 'collected') then
    for _, file in pairs(cjson.decode(of(version, 'manifest')).files) do used[file.sha256] = true end
  end
end
mark_checkpoints(used)
for _, sha in ipairs(redis.call('ZRANGEBYSCORE', key('blobs'), '-inf', limit)) do
  if not used[sha] then
    drop_blob(sha)
    blobs = blobs + 1
  end
end
return done(tostring(versions), tostring(blobs))
