// npm's oidc-provider on the loopback, over TLS: node provider.mjs PORT FOLDER. The folder has key.pem, cert.pem and jwks.json; of its keys the first
// one signs. A line on the standard output says that it listens; GET /count says how often its keys were fetched.
import { createServer } from 'node:https'
import { readFileSync } from 'node:fs'
import Provider from 'oidc-provider'

const [port, folder] = process.argv.slice(2)
const read = (name) => readFileSync(`${folder}/${name}`, 'utf8')
const issuer = `https://127.0.0.1:${port}`
const secret = 'a secret of a client, of 32 bytes or more'
const client = (id, more) => ({ client_id: id, client_secret: secret, ...more })
const api = {
    scope: 'orders:read orders:write',
    audience: 'acme-api',
    accessTokenFormat: 'jwt',
    // Longer than the outage that is tried.
    accessTokenTTL: 7200,
    jwt: { sign: { alg: 'RS256' } },
}

const provider = new Provider(issuer, {
    clients: [
        client('machine', { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }),
        client('app', { grant_types: ['authorization_code'], redirect_uris: [`${issuer}/back`], response_types: ['code'] }),
    ],
    jwks: JSON.parse(read('jwks.json')),
    cookies: { keys: ['for the loopback alone'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    scopes: ['openid', 'orders:read', 'orders:write'],
    ttl: { ClientCredentials: 7200, AccessToken: 7200, IdToken: 7200, Session: 600, Grant: 600, Interaction: 600 },
    features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: true },
        resourceIndicators: { enabled: true, defaultResource: () => `${issuer}/api`, useGrantedResource: () => true, getResourceServerInfo: () => api },
    },
})

let fetched = 0
const answer = provider.callback()
createServer({ key: read('key.pem'), cert: read('cert.pem') }, (request, response) => {
    if (request.url === '/count') return response.end(String(fetched))
    if (request.url === '/jwks') fetched += 1
    return answer(request, response)
}).listen(Number(port), '127.0.0.1', () => console.log('listening'))
