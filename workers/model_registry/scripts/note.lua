-- Something that somebody decided beside the versions: a link of the audit chain and nothing else.
local before = repeated()
if before then return before end
record(a.action, nil, a.detail)
return done()
