// Drives jsforce against the fake at BASE and prints what it makes of every answer, as one JSON object.
import jsforce from 'jsforce'

const { BASE: instanceUrl, TOKEN: accessToken } = process.env
const version = '67.0'
const connection = new jsforce.Connection({ instanceUrl, accessToken, version })

// told keeps what a caller of the client can see of a call, its errors included.
async function told(call) {
  try {
    return { ok: true, reply: JSON.parse(JSON.stringify((await call()) ?? null)) }
  } catch (error) {
    return { ok: false, code: error.errorCode, message: error.message }
  }
}

const ann = { External_Id__c: 'A1', LastName: 'Ann', Description: null, Account: { External_Id__c: 'ACME' } }
const bob = { External_Id__c: 'B2', LastName: 'Böb', Orders__c: 7 }

// The calls the connector makes too, one for one: the test compares the requests.
const out = {}
out.account = await told(() => connection.upsert('Account', [{ External_Id__c: 'ACME', Name: 'Acme' }], 'External_Id__c'))
out.upsert = await told(() => connection.upsert('Contact', [ann, bob], 'External_Id__c'))
const id = out.upsert.reply[0].id
out.query = await told(() => connection.query("SELECT Id,External_Id__c FROM Contact WHERE External_Id__c IN ('A1','it\\'s')"))
out.update = await told(() => connection.update('Contact', [{ Id: id, Description: null }]))
out.insert = await told(() => connection.create('Contact', [{ External_Id__c: 'C3', LastName: 'Cas' }]))
out.describe = await told(() => connection.describe('Contact'))
out.destroy = await told(() => connection.destroy('Contact', [out.insert.reply[0].id]))
const job = connection.bulk2.createJob({ object: 'Contact', operation: 'upsert', externalIdFieldName: 'External_Id__c', lineEnding: 'LF' })
out.open = await told(() => job.open())
out.upload = await told(() => job.uploadData('External_Id__c,FirstName,LastName\nD4,"D ""q"", x",Dee\nE5,#N/A,Eve\nF6,no last name,#N/A\n'))
out.close = await told(() => job.close())
out.poll = await told(() => job.poll(20, 10000))
out.good = await told(() => job.getSuccessfulResults())
out.bad = await told(() => job.getFailedResults())
out.unprocessed = await told(() => job.getUnprocessedRecords())

// What the client makes of the answers to bad calls, and of what the connector does not use.
out.again = await told(() => connection.bulk2.job('ingest', { id: job.id }).uploadData('External_Id__c\nG7\n'))
out.rows = await told(() => connection.upsert('Contact', [{ External_Id__c: 'X1', FirstName: 'no last name' }, { External_Id__c: 'X2', LastName: 'fine' },
  { External_Id__c: 'x2', LastName: 'twice' }, { External_Id__c: 'X3', LastName: 'y', Nonsense__c: 1 }], 'External_Id__c'))
out.tooMany = await told(() => connection.request({ method: 'POST', url: '/composite/sobjects', headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ records: Array.from({ length: 201 }, () => ({ attributes: { type: 'Contact' }, LastName: 'x' })) }) }))
out.noObject = await told(() => connection.describe('Nonsense'))
out.noField = await told(() => connection.query('SELECT Nonsense__c FROM Contact'))
out.retrieve = await told(() => connection.retrieve('Contact', [id], { fields: ['LastName', 'Account.External_Id__c'] }))
out.gone = await told(() => connection.destroy('Contact', [out.insert.reply[0].id, '003000000000000AAA']))
const whole = connection.bulk2.createJob({ object: 'Contact', operation: 'delete' })
out.oneGo = await told(async () => { await whole.open(); await whole.uploadData([{ Id: id }]); await whole.close(); await whole.poll(20, 10000); return whole.getAllResults() })
out.pages = await told(() => connection.query('SELECT Id FROM Contact').autoFetch ? connection.query('SELECT Id, LastName FROM Contact', { autoFetch: true, maxFetch: 100 }) : null)
const stranger = new jsforce.Connection({ instanceUrl, accessToken: 'wrong', version })
out.unauthorized = await told(() => stranger.query('SELECT Id FROM Contact'))
const login = new jsforce.OAuth2({ loginUrl: instanceUrl, clientId: 'fake-client', clientSecret: 'fake-client-secret' })
out.refresh = await told(() => login.refreshToken('fake-refresh'))
out.credentials = await told(() => login.requestToken({ grant_type: 'client_credentials' }))
out.limits = { ok: connection.limitInfo?.apiUsage?.limit === 100000, reply: connection.limitInfo?.apiUsage ?? null }

console.log(JSON.stringify(out))
