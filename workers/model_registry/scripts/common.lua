-- Shared by all scripts: it stands before each of them. KEYS[1] is the root of a registry's keys, fr:{name}: ; ARGV[1] the
-- arguments as JSON, ARGV[2] the script's name. Redis 6.2's commands only. A reply is {'ok', ...} or {'refused', code, text}.
local root, a, script = KEYS[1], cjson.decode(ARGV[1]), ARGV[2]
local OP_SECONDS = 30 * 24 * 3600 -- how long the outcome of an operation is remembered

local function key(name) return root .. name end
local function refused(code, text) return { 'refused', code, text } end

local clock = redis.call('TIME')
local now = clock[1] .. '.' .. string.format('%06d', tonumber(clock[2]))

-- The reply of the same operation when it ran before, or nil. A client that lost an answer asks again with the same op.
local function repeated()
  local before = redis.call('GET', key('op:' .. script .. ':' .. a.op))
  if before then return cjson.decode(before) end
  return nil
end

local function done(...)
  local reply = { 'ok', ... }
  redis.call('SET', key('op:' .. script .. ':' .. a.op), cjson.encode(reply), 'EX', OP_SECONDS)
  return reply
end

local function get(name) return redis.call('HGET', key('head'), name) or nil end

-- A refusal where the caller holds a fence that is no longer the newest, or one of another registry, else nil.
local function fenced()
  if not a.fence then return nil end
  if a.identity and a.identity ~= (get('identity') or '') then return refused('REGISTRY', get('identity') or '') end
  local newest = redis.call('GET', key('fence')) or '0'
  if newest == a.fence then return nil end
  return refused('FENCED', newest)
end

local function set(name, value)
  if value then redis.call('HSET', key('head'), name, value) else redis.call('HDEL', key('head'), name) end
end
local function of(version, name) return redis.call('HGET', key('v:' .. version), name) or nil end
local function exists(version) return redis.call('EXISTS', key('v:' .. version)) == 1 end
local function state(version, value)
  if version then redis.call('HSET', key('v:' .. version), 'state', value) end
end

-- One more link of the audit chain; it also wakes those who wait for a change. The first one gives the registry its identity,
-- by which workers and trainers know it again.
local function record(action, version, detail)
  if not get('identity') then set('identity', redis.sha1hex(root .. '\0' .. now .. '\0' .. (a.op or ''))) end
  local entry = { action, version or '', a.actor or '', a.reason or '', detail or '', get('epoch') or '0', now }
  local chain = redis.sha1hex((get('chain') or '') .. '\0' .. table.concat(entry, '\0'))
  local id = redis.call('XADD', key('audit'), '*', 'action', entry[1], 'version', entry[2], 'actor', entry[3], 'reason', entry[4],
    'detail', entry[5], 'epoch', entry[6], 'time', entry[7], 'chain', chain)
  redis.call('HSET', key('head'), 'chain', chain, 'event', id)
end

-- Marks the blobs that the trainer's last two states name.
local function mark_checkpoints(used)
  for _, place in ipairs({ 'checkpoint', 'checkpoint:previous' }) do
    local named = redis.call('HGET', key(place), 'blobs')
    if named then for _, sha in pairs(cjson.decode(named)) do used[sha] = true end end
  end
end

local function drop_blob(sha)
  redis.call('UNLINK', key('blob:' .. sha))
  redis.call('ZREM', key('blobs'), sha)
end

-- The version no longer plays these roles.
local function leave_roles(version)
  if get('shadow') == version then set('shadow', nil) end
  if get('canary') == version then set('canary', nil); set('canary_percent', nil) end
  if get('previous') == version then set('previous', nil) end
end

-- A refusal unless the gate let the version pass against the champion that serves now; else nil.
local function unproven(version)
  if a.force or not get('champion') then return nil end
  if of(version, 'passed') ~= '1' then
    return refused('VERDICT', of(version, 'verdict') and 'the gate refused it' or 'no verdict of the gate')
  end
  if tonumber(of(version, 'against_epoch')) < tonumber(get('champion_epoch') or '0') then
    return refused('VERDICT', 'its verdict is against epoch ' .. of(version, 'against_epoch') .. ', the champion is of epoch ' .. get('champion_epoch'))
  end
  return nil
end
