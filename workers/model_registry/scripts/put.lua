-- A version becomes visible, as a candidate, once all of its blobs are whole.
local version = a.number
if exists(version) then
  if of(version, 'files') == a.files then return { 'ok', 'repeated' } end
  return refused('OTHER', 'operation ' .. a.op .. ' put other files before')
end
local gone = fenced()
if gone then return gone end
if a.parent and not exists(a.parent) then return refused('UNKNOWN', a.parent) end
for sha, chunks in pairs(a.chunks) do
  if redis.call('HLEN', key('blob:' .. sha)) ~= chunks then return refused('MISSING', sha) end
end
redis.call('HSET', key('v:' .. version), 'state', 'candidate', 'manifest', a.manifest, 'signature', a.signature, 'files', a.files)
redis.call('ZADD', key('versions'), version, version)
record('put', version, a.files)
return { 'ok', 'new' }
