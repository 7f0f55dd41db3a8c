// GraphiQL on this server's own graph. The token stays in this tab's sessionStorage and goes along with every request:
// as a header over HTTP, in connection_init over graphql-transport-ws.
"use strict";

const KEPT = "yiqiao.token";
const GRAPH = new URL("/graphql", location.href);
const SOCKET = new URL(GRAPH);
SOCKET.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const FIRST = `# 在上方粘贴令牌，然后运行。Paste a token above, then run.
query Viewer {
  viewer {
    subject
    role
    hospital { name }
    patient { id name }
  }
}
`;

const form = document.getElementById("token-form");
const field = document.getElementById("token");
const who = document.getElementById("who");
const root = ReactDOM.createRoot(document.getElementById("graphiql"));
let socket = null;

const bare = (text) => text.trim().replace(/^bearer\s+/i, "");
const token = () => sessionStorage.getItem(KEPT) || "";
const authorization = () => (token() ? { authorization: `Bearer ${token()}` } : {});

function authorized(url, init) {
  return fetch(url, { ...init, headers: { ...init.headers, ...authorization() } });
}

async function identify() {
  const body = JSON.stringify({ query: "{ viewer { subject role } }" });
  const answer = await authorized(GRAPH, { method: "POST", headers: { "content-type": "application/json" }, body });
  const told = await answer.json();
  if (told.errors) return told.errors[0].message;
  return told.data.viewer ? `${told.data.viewer.role} ${told.data.viewer.subject}` : "未登录 anonymous";
}

function show() {
  if (socket) socket.dispose();
  socket = graphqlWs.createClient({ url: SOCKET.href, lazy: true, connectionParams: authorization });
  const fetcher = GraphiQL.createFetcher({ url: GRAPH.href, fetch: authorized, wsClient: socket });
  root.render(React.createElement(GraphiQL, { fetcher, defaultQuery: FIRST, shouldPersistHeaders: false }));
  identify().then(
    (text) => { who.value = text; },
    () => { who.value = "服务器没有应答 no answer"; },
  );
}

function keep(text) {
  if (text) sessionStorage.setItem(KEPT, text);
  else sessionStorage.removeItem(KEPT);
  field.value = text;
  show();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  keep(bare(field.value));
});
document.getElementById("forget").addEventListener("click", () => keep(""));

keep(token());
