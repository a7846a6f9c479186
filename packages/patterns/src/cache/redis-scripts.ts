/**
 * Stores an entry, enters it into the sets of its tags and tells the other instances, at once. A tag's set holds keys by their
 * expiry: the dead ones are dropped on each write, and the set goes with its last member.
 */
export const SET_SCRIPT = `
redis.call('SET', KEYS[1], ARGV[1])
if ARGV[2] ~= 'inf' then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
for index = 2, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', ARGV[3])
  redis.call('ZADD', KEYS[index], ARGV[2], KEYS[1])
  local last = redis.call('ZRANGE', KEYS[index], -1, -1, 'WITHSCORES')
  if last[2] == 'inf' then redis.call('PERSIST', KEYS[index]) else redis.call('PEXPIREAT', KEYS[index], last[2]) end
end
redis.call('PUBLISH', ARGV[4], ARGV[5])
`;

/** Removes an entry and tells the other instances; says how many were removed. */
export const DELETE_SCRIPT = `
local removed = redis.call('UNLINK', KEYS[1])
redis.call('PUBLISH', ARGV[1], ARGV[2])
return removed
`;

/** Removes the entries of a tag and tells the other instances. */
export const DELETE_TAG_SCRIPT = `
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('UNLINK', key) end
redis.call('UNLINK', KEYS[1])
redis.call('PUBLISH', ARGV[1], ARGV[2])
`;
