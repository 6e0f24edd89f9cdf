"""The rule of `ledger` in Lua: one script, which Redis runs at one go, by its own clock."""

from featurebase_async.budgets import ledger

__all__ = ["SCRIPT"]

_CONSTANTS = ("LONGEST_WINDOW", "KEPT", "SAME_WINDOW", "PROBE", "POLL", "PATIENCE", "HANDFUL", "GOLDEN", "ROUNDING")

_RULE = """
if redis.replicate_commands then redis.replicate_commands() end
local request = cjson.decode(ARGV[1])
local workspace_limit = tonumber(ARGV[2])
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local function given(name, default)
  local value = request[name]
  if value == nil or value == cjson.null then return default end
  return value
end

local function load(key, fresh)
  local text = redis.call('GET', key)
  if not text then return fresh end
  local fine, value = pcall(cjson.decode, text)
  if not fine or type(value) ~= 'table' then return fresh end
  for name, default in pairs(fresh) do
    if type(value[name]) ~= type(default) then return fresh end
  end
  return value
end

local ledger = load(KEYS[1], {
  number = 0, ends = 0, expected = false, last = 0, length = 0, limit = 0, left = 0, margin = 0.05, paused = 0,
  probed = 0, peers = 1, fresh = 0, begun = 0, members = {},
})
local workspace = load(KEYS[2], {used = 0, ends = 0, known = false})
local wanted, wanted_bulk = given('interactive', 0), given('bulk', 0)
local name, remaining, cap = request.member, given('remaining', nil), given('cap', nil)

local function length_or_longest()
  if ledger.length == 0 then return LONGEST_WINDOW end
  return ledger.length
end

local function begin(ends)
  if ledger.last > 0 and now - ledger.last < PROBE + ledger.margin then
    ledger.length = math.min(LONGEST_WINDOW, math.max(ledger.length, ends - ledger.last, 1))
  end
  ledger.ends, ledger.expected, ledger.probed = ends, false, 0
end

local function check_clock()
  if ledger.ends > now + LONGEST_WINDOW + PATIENCE + ledger.margin then
    ledger.ends, ledger.number = 0, ledger.number + 1
  end
  if ledger.last > now then ledger.last = 0 end
  if ledger.paused > now + LONGEST_WINDOW + 2 * PATIENCE then ledger.paused = 0 end
  if ledger.probed > now + 2 * PROBE then ledger.probed = 0 end
end

local function roll(total)
  if ledger.ends == 0 or now < ledger.ends + ledger.margin then return end
  if ledger.length == 0 then
    ledger.last, ledger.ends, ledger.left, ledger.number = ledger.ends, 0, 0, ledger.number + 1
    return
  end
  local passed = math.floor((now - ledger.margin - ledger.ends) / ledger.length) + 1
  ledger.last = ledger.ends + (passed - 1) * ledger.length
  ledger.ends, ledger.expected = ledger.last + ledger.length, true
  ledger.number = ledger.number + passed
  ledger.left = total
end

local function learn(total)
  ledger.margin = math.max(ledger.margin, given('margin', 0))
  if given('paused_for', 0) > 0 then
    ledger.paused = math.max(ledger.paused, now + math.min(request.paused_for, LONGEST_WINDOW + PATIENCE))
  end
  local resets_in, ends = given('resets_in', nil), nil
  if resets_in then ends = now + math.min(resets_in, LONGEST_WINDOW + PATIENCE) end
  local same = SAME_WINDOW
  if ledger.length > 0 then same = math.min(SAME_WINDOW, ledger.length / 2) end
  if ends and ledger.last > 0 and ledger.last >= ends - same then ends = nil end
  if ends and ends <= now and ends < ledger.ends - same then ends = nil end
  if ends and ledger.ends > 0 and ends <= ledger.ends + same then
    if ledger.expected then
      ledger.ends = ends
      if ledger.last > 0 then
        ledger.length = math.min(LONGEST_WINDOW, math.max(ledger.length, ends - ledger.last))
      end
    else
      ledger.ends = math.min(ledger.ends, ends)
    end
    ledger.expected = false
  end
  roll(total)
  if not ends or not remaining or ends <= now or (ledger.last > 0 and ends <= ledger.last + same) then return end
  local taken, ahead, goes_ahead = 0, 0, false
  for other_name, other in pairs(ledger.members) do
    if other.window == ledger.number then
      taken = taken + other.taken
      if other.entitled > 0 then
        if other_name == name then goes_ahead = true else ahead = ahead + 1 end
      end
    end
  end
  if ledger.ends == 0 and ledger.last > 0 and not goes_ahead then return end
  if ledger.ends > 0 and ends > ledger.ends + same then
    ledger.last, ledger.ends, ledger.number = math.min(ledger.ends, now), 0, ledger.number + 1
  end
  if ledger.ends == 0 then
    begin(ends)
    ledger.left = math.min(total - taken, remaining - ahead)
  end
  ledger.left = math.max(0, math.min(ledger.left, remaining))
end

local function roll_workspace()
  if now >= workspace.ends or workspace.ends > now + LONGEST_WINDOW + PATIENCE + ledger.margin then
    workspace.used, workspace.ends, workspace.known = 0, now + LONGEST_WINDOW, false
  end
  if ledger.ends > 0 and not workspace.known then
    workspace.ends, workspace.known = ledger.ends + ledger.margin, true
  end
end

local function take(member, permits)
  member.taken = member.taken + permits
  ledger.left = math.max(0, ledger.left - permits)
  workspace.used = math.max(0, workspace.used + permits)
end

local function come()
  for other_name, other in pairs(ledger.members) do
    if math.abs(now - other.seen) > KEPT then ledger.members[other_name] = nil end
  end
  local member, count = ledger.members[name], 0
  for _ in pairs(ledger.members) do count = count + 1 end
  if not member then
    member = {seen = 0, window = -1, taken = 0, wants = false, entitled = 0, owed = count * GOLDEN % 1}
    ledger.members[name] = member
  end
  if member.window ~= ledger.number then
    if member.wants and member.window == ledger.number - 1 and member.entitled > 0 then
      local most = ledger.limit / count
      member.owed = math.min(most, math.max(-most, member.entitled - member.taken))
    else
      member.owed = member.owed % 1
    end
    member.window, member.taken, member.entitled = ledger.number, 0, 0
    take(member, math.max(given('carried', 0), given('unleased', 0)))
  else
    take(member, given('unleased', 0))
    if given('window', 0) == ledger.number then take(member, -math.min(given('returned', 0), member.taken)) end
  end
  member.seen = now
  return member
end

local function probe(member, lease)
  member.wants = true
  if ledger.probed > now and not (wanted > 0 and member.taken == 0) then
    lease.again_in = math.min(POLL, ledger.probed - now)
    return
  end
  ledger.probed = now + PROBE
  member.entitled = 1
  take(member, 1)
  lease.interactive = math.min(1, wanted)
  lease.bulk = 1 - lease.interactive
  lease.ends_in, lease.again_in, lease.probe = PROBE, PROBE, true
end

local function share(member, total, lease)
  local patience = math.min(PATIENCE, length_or_longest() / 6)
  local kept_until = ledger.last + ledger.margin + patience
  local left = math.max(0, math.min(ledger.left, math.max(workspace_limit, ledger.limit) - workspace.used))
  local members, pool, late = 1, left + member.taken, false
  for other_name, other in pairs(ledger.members) do
    if other_name ~= name and other.wants then
      if other.window == ledger.number then
        members, pool = members + 1, pool + other.taken
      elseif other.window == ledger.number - 1 and now < kept_until then
        members, late = members + 1, true
      end
    end
  end
  if ledger.fresh == ledger.number then
    local early = now < ledger.begun + patience
    if early then members, late = members + 1, true end
    members = math.max(members, ledger.peers)
    kept_until = math.max(kept_until, ledger.begun + patience)
  end
  local reserve = math.min(math.ceil(total * given('reserve', 0)), total - 1)
  local handful = math.max(HANDFUL, math.floor(total / 20))
  local owed = member.owed
  if members == 1 then owed = math.max(0, owed) end
  for _, other in pairs(ledger.members) do
    if other.window == ledger.number then other.entitled = math.min(other.entitled, pool / members + other.owed) end
  end
  local entitled = math.max(1, pool / members + owed)
  local free = math.max(0, math.min(left, math.floor(entitled + ROUNDING) - member.taken))
  local interactive = math.min(wanted, free, handful)
  local entitled_bulk = (pool - reserve) / members + owed
  local part = math.floor(entitled_bulk + ROUNDING) - member.taken - interactive
  local free_for_bulk = math.max(0, math.min(left - interactive - reserve, part))
  local bulk = math.min(wanted_bulk, free_for_bulk, handful)
  take(member, interactive + bulk)
  member.entitled = entitled
  if wanted_bulk > 0 then member.entitled = entitled_bulk end
  member.wants = interactive < wanted or bulk < wanted_bulk
  local limited = (interactive == handful or bulk == handful) and (free > interactive or free_for_bulk > bulk)
  local again_at = ledger.ends + ledger.margin
  if late then again_at = kept_until end
  if limited or not member.wants then again_at = now end
  lease.interactive, lease.bulk, lease.limit, lease.members = interactive, bulk, total, members
  lease.reported = not ledger.expected
  lease.ends_in, lease.again_in, lease.lookout = ledger.ends - now, again_at - now, late and again_at > now
end

local given_limit = given('limit', 0)
if given_limit == 0 then given_limit = math.max(ledger.limit, remaining or 0) end
ledger.limit = given_limit
local total = ledger.limit
if cap then
  if total == 0 then total = cap end
  total = math.min(total, cap)
end
check_clock()
if next(ledger.members) == nil then ledger.peers, ledger.fresh, ledger.begun = given('peers', 1), ledger.number, now end
local fresh = ledger.fresh == ledger.number and now < ledger.begun + math.min(PATIENCE, length_or_longest() / 6)
learn(total)
if fresh then ledger.fresh = ledger.number end
roll_workspace()
local member = come()
local lease = {window = ledger.number}
if given('leaving', false) then
  ledger.members[name] = nil
else
  lease.limit, lease.margin = ledger.limit, ledger.margin
  if ledger.paused > now then
    lease.again_in = ledger.paused - now
  elseif given('unleased', 0) > 0 then
    member.wants = wanted + wanted_bulk > 0
    lease.again_in = PROBE
    if ledger.ends > 0 then lease.again_in = ledger.ends + ledger.margin - now end
  elseif ledger.ends == 0 then
    probe(member, lease)
  else
    share(member, total, lease)
  end
end
redis.call('SET', KEYS[1], cjson.encode(ledger), 'PX', KEPT * 1000)
redis.call('SET', KEYS[2], cjson.encode(workspace), 'PX', KEPT * 1000)
return cjson.encode(lease)
"""

SCRIPT = "".join(f"local {name} = {getattr(ledger, name)}\n" for name in _CONSTANTS) + _RULE
