// A client of an authorization server, by npm's oauth4webapi: node client.mjs ISSUER. Prints, as JSON, the access token of a machine (client
// credentials), and access token and ID token of a person who logs in (authorization code with PKCE, through the server's own pages).
import * as oauth from 'oauth4webapi'

const issuer = new URL(process.argv[2])
const secret = oauth.ClientSecretPost('a secret of a client, of 32 bytes or more')
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer))

async function machine() {
    const client = { client_id: 'machine' }
    const response = await oauth.clientCredentialsGrantRequest(server, client, secret, { scope: 'orders:read' })
    return (await oauth.processClientCredentialsResponse(server, client, response)).access_token
}

/// What a browser does: keeps cookies, follows the server, and fills its forms in.
async function visit(start, back) {
    const jar = new Map()
    let [url, body] = [start, undefined]
    for (let step = 0; step < 20; step += 1) {
        if (url.startsWith(back)) return new URL(url)
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
        const response = await fetch(url, { method: body ? 'POST' : 'GET', body, headers: { cookie }, redirect: 'manual' })
        response.headers.getSetCookie().forEach((set) => jar.set(...set.split(';')[0].split('=', 2)))
        const to = response.headers.get('location')
        if (to) {
            ;[url, body] = [new URL(to, url).href, undefined]
            continue
        }
        const page = await response.text()
        const form = page.match(/<form[^>]* action="([^"]+)"/)
        if (!form) throw new Error(`${response.status} at ${url}: ${page}`)
        url = new URL(form[1], url).href
        body = page.includes('name="login"')
            ? new URLSearchParams({ prompt: 'login', login: 'ada', password: 'any' })
            : new URLSearchParams({ prompt: 'consent' })
    }
    throw new Error('the login does not end')
}

async function person() {
    const client = { client_id: 'app' }
    const back = `${issuer.origin}/back`
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const ask = new URL(server.authorization_endpoint)
    Object.entries({
        client_id: client.client_id,
        redirect_uri: back,
        response_type: 'code',
        scope: 'openid orders:read orders:write',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
    }).forEach(([name, value]) => ask.searchParams.set(name, value))
    const returned = oauth.validateAuthResponse(server, client, await visit(ask.href, back), state)
    const response = await oauth.authorizationCodeGrantRequest(server, client, secret, returned, back, verifier)
    return oauth.processAuthorizationCodeResponse(server, client, response)
}

const { access_token, id_token } = await person()
console.log(JSON.stringify({ machine: await machine(), person: access_token, login: id_token }))
