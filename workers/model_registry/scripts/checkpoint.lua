-- State and offsets of the trainer change together, or neither does. The same operation twice changes nothing.
local place = key('checkpoint')
local gone = fenced()
if gone then return gone end
if redis.call('HGET', place, 'op') == a.op then return { 'ok', '{}' } end
local last = redis.call('HGET', place, 'digest') or ''
if last ~= (a.parent or '') then return refused('PARENT', last) end
local dropped = redis.call('HGET', key('checkpoint:previous'), 'blobs') or '{}'
redis.call('DEL', key('checkpoint:previous'))
if last ~= '' then redis.call('RENAME', place, key('checkpoint:previous')) end
redis.call('HSET', place, 'digest', a.digest, 'parent', last, 'offsets', a.offsets, 'blobs', a.blobs, 'fence', a.fence, 'op', a.op, 'created', now)

-- States of the checkpoint before the previous one go, unless these two or a version name the same bytes.
local kept = { a.blobs, redis.call('HGET', key('checkpoint:previous'), 'blobs') or '' }
local loose = cjson.decode(dropped)
if next(loose) then
  for _, version in ipairs(redis.call('ZRANGE', key('versions'), 0, -1)) do
    if not of(version, 'collected') then kept[#kept + 1] = of(version, 'manifest') end
  end
end
for _, sha in pairs(loose) do
  local named = false
  for _, text in ipairs(kept) do named = named or string.find(text, sha, 1, true) ~= nil end
  if not named then drop_blob(sha) end
end
return { 'ok', dropped }
