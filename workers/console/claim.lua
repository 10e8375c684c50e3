-- Who has which text now. KEYS[1] is the root of a registry's keys, ARGV[1] the arguments as JSON: do = claim | release | done,
-- person, seconds, items = { {id, people}, ... }, n. A text is a field of one hash: { holders = {person: until}, done = {person} }.
local a = cjson.decode(ARGV[1])
local key = KEYS[1] .. 'console:leases'
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000

local function read(id)
  local raw = redis.call('HGET', key, id)
  if raw then return cjson.decode(raw) end
  return { holders = {}, done = {} }
end

local function write(id, entry)
  if next(entry.holders) == nil and next(entry.done) == nil then redis.call('HDEL', key, id)
  else redis.call('HSET', key, id, cjson.encode(entry)) end
end

local granted = {}
for _, item in ipairs(a.items) do
  local id, people = item[1], tonumber(item[2])
  local entry = read(id)
  if a['do'] == 'claim' then
    local others = 0
    for person, till in pairs(entry.holders) do
      if tonumber(till) <= now then entry.holders[person] = nil
      elseif person ~= a.person then others = others + 1 end
    end
    for person in pairs(entry.done) do
      if person == a.person then others = others + 1000 else others = others + 1 end
    end
    if others < people and #granted < tonumber(a.n) then
      entry.holders[a.person] = now + tonumber(a.seconds)
      granted[#granted + 1] = id
    end
    write(id, entry)
    if #granted >= tonumber(a.n) then break end
  else
    entry.holders[a.person] = nil
    if a['do'] == 'done' then entry.done[a.person] = now end
    write(id, entry)
  end
end
if a['do'] == 'done' and redis.call('HLEN', key) > 20000 then -- what was answered long ago stands in the topic of answers
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    local entry, newest = cjson.decode(all[i + 1]), 0
    for _, at in pairs(entry.done) do newest = math.max(newest, tonumber(at)) end
    for _, till in pairs(entry.holders) do newest = math.max(newest, tonumber(till)) end
    if newest < now - 3600 then redis.call('HDEL', key, all[i]) end
  end
end
redis.call('EXPIRE', key, 7 * 86400)
return granted
