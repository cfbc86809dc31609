// Signs and verifies requests by npm's http-message-signatures: node signing.mjs, one job in JSON a line of its input, one answer a line of its output.
// A job is { job: "sign" | "verify", alg, key, request: { method, url, headers }, … }; `key` is base64: a secret, or Ed25519 in PKCS #8 or SPKI.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { createInterface } from 'node:readline'
import signatures from 'http-message-signatures'

const { createSigner, createVerifier, httpbis } = signatures

function keyOf({ alg, key, job }) {
    const bytes = Buffer.from(key, 'base64')
    if (alg === 'hmac-sha256') return bytes
    const form = { key: bytes, format: 'der' }
    return job === 'sign' ? createPrivateKey({ ...form, type: 'pkcs8' }) : createPublicKey({ ...form, type: 'spki' })
}

const jobs = {
    async sign(job) {
        const { alg, keyid, fields, params, nonce, tag, request } = job
        const paramValues = { nonce, tag, created: new Date(job.created * 1000), expires: new Date(job.expires * 1000) }
        return (await httpbis.signMessage({ key: createSigner(keyOf(job), alg, keyid), fields, params, paramValues }, request)).headers
    },
    async verify(job) {
        const lookup = async ({ keyid }) => (keyid === job.keyid ? { id: keyid, algs: [job.alg], verify: createVerifier(keyOf(job), job.alg) } : null)
        const rules = { keyLookup: lookup, requiredFields: job.fields, requiredParams: ['created', 'nonce', 'keyid'], maxAge: 300 }
        return (await httpbis.verifyMessage(rules, job.request)) === true
    },
}

for await (const line of createInterface({ input: process.stdin })) {
    const job = JSON.parse(line)
    const answer = await jobs[job.job](job).catch((error) => ({ error: `${error.name}: ${error.message}` }))
    console.log(JSON.stringify(answer))
}
