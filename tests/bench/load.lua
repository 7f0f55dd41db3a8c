-- The load's side of wrk: ready requests in turn, and what came of them as one line of JSON.
-- Arguments: the file of requests, each behind its length in bytes; "check" to look into every answer for errors.

local requests, next_one = {}, 0
wrong = ""

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for length in function() return file:read("*n", 1) end do
    requests[#requests + 1] = file:read(length)
  end
  file:close()
  if arguments[2] == "check" then
    response = function(status, headers, body)
      if status ~= 200 or body:find('"errors":', 1, true) then
        wrong = status .. " " .. body:sub(1, 500)
      end
    end
  end
end

function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end

function done(summary, latency)
  for _, thread in ipairs(threads) do
    if thread:get("wrong") ~= "" then
      io.stderr:write(thread:get("wrong"), "\n")
      os.exit(1)
    end
  end
  local errors, failed = summary.errors, 0
  for _, kind in ipairs({"connect", "read", "write", "status", "timeout"}) do
    failed = failed + errors[kind]
  end
  io.write(string.format(
    '{"requests": %d, "failed": %d, "seconds": %f, "bytes": %d, "p50_ms": %f, "p99_ms": %f}\n',
    summary.requests, failed, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
