-- The next fencing token: from now on every older one is refused.
local before = repeated()
if before then return before end
local fence = tostring(redis.call('INCR', key('fence')))
record('fence', nil, fence)
return done(fence, get('identity'))
