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
return { 'ok', dropped }
