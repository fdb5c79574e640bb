// oidc-provider as a test starts it: one client, whoever signs in is who the claims say. Told everything by environment.
import Provider from "oidc-provider";

const { PORT, CLIENT, SECRET, RETURNS, CLAIMS } = process.env;
const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [{ client_id: CLIENT, client_secret: SECRET, redirect_uris: [RETURNS] }],
  claims: { openid: ["sub", "number"] },
  pkce: { required: () => true },
  cookies: { keys: ["a key of the test"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...JSON.parse(CLAIMS), sub: id }) }),
});
provider.on("server_error", (_, error) => console.error(error));
provider.listen(Number(PORT), "127.0.0.1");
