// Drives HubSpot's own client against the fake at BASE and prints what it makes of every answer, as one JSON object.
import { Client } from '@hubspot/api-client'

const { BASE: basePath, TOKEN: accessToken, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN } = process.env
const client = new Client({ accessToken, basePath })
const contacts = client.crm.contacts.batchApi

// told keeps what a caller of the client can see of a call, its errors included.
async function told(call) {
  try {
    const reply = await call()
    return { ok: true, reply: JSON.parse(JSON.stringify(reply ?? null)) }
  } catch (error) {
    return { ok: false, code: error.code, body: error.body }
  }
}

const row = (id, trace, properties) => ({ idProperty: 'email', id, objectWriteTraceId: trace, properties: { email: id, ...properties } })

// The calls the connector makes too, one for one: the test compares the requests.
const out = {}
out.upsert = await told(() => contacts.upsert({ inputs: [row('ann@example.com', '0', { firstname: 'Ann' }), row('bob@example.com', '1', { firstname: 'Bob' })] }))
out.read = await told(() => contacts.read({ idProperty: 'email', properties: ['email', 'firstname', 'hs_additional_emails'], propertiesWithHistory: [],
  inputs: [{ id: 'ann@example.com' }, { id: 'nobody@example.com' }] }))
out.clear = await told(() => contacts.update({ inputs: [{ id: '101', objectWriteTraceId: '0', properties: { firstname: '' } }] }))
out.properties = await told(() => client.crm.properties.coreApi.getAll('contacts'))
out.create = await told(() => contacts.create({ inputs: [{ objectWriteTraceId: '0', properties: { email: 'cas@example.com', firstname: 'Cas' } }] }))
out.archive = await told(() => contacts.archive({ inputs: [{ id: '102' }] }))
out.erase = await told(() => client.crm.contacts.basicApi.purge({ objectId: '103' }))
out.list = await told(() => client.crm.contacts.basicApi.getPage(100, undefined, ['email'], undefined, undefined, false))

out.token = await told(() => client.oauth.tokensApi.create('refresh_token', undefined, undefined, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN))

// What the client makes of the answers to bad calls.
out.partial = await told(() => contacts.upsert({ inputs: [row('dee@example.com', 'row-7', {}), row('no address', 'row-8', {})] }))
out.untraced = await told(() => contacts.upsert({ inputs: [{ idProperty: 'email', id: 'eve@example.com', properties: { nonsense: '1' } }] }))
out.existing = await told(() => contacts.create({ inputs: [{ properties: { email: 'dee@example.com' } }] }))
out.absent = await told(() => contacts.update({ inputs: [{ id: '999', objectWriteTraceId: '0', properties: { firstname: 'x' } }] }))
out.tooMany = await told(() => contacts.archive({ inputs: Array.from({ length: 101 }, (_, i) => ({ id: String(i + 1) })) }))
out.erased = await told(() => contacts.upsert({ inputs: [row('cas@example.com', '0', {})] }))
out.custom = await told(() => client.crm.objects.batchApi.upsert('subscriptions', { inputs: [{ idProperty: 'subscription_id', id: 'S-1', objectWriteTraceId: '0', properties: { remark: 'hi' } }] }))
out.noObject = await told(() => client.crm.objects.basicApi.getPage('nonsense'))
const stranger = new Client({ accessToken: 'wrong', basePath })
out.unauthorized = await told(() => stranger.crm.contacts.batchApi.read({ properties: [], propertiesWithHistory: [], inputs: [{ id: '101' }] }))

console.log(JSON.stringify(out))
