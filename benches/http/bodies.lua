-- wrk script: POSTs the lines of a file of JSON bodies one after another, and from the start again
-- after the last. The requests are built before the clock starts, so that wrk itself costs little
-- and the same for every server. usage: wrk -t1 -c16 -d5s -s bodies.lua URL -- FILE
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"

local requests, at = {}, 0

function init(arguments)
  for body in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format(nil, nil, nil, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
