// A telephone of JsSIP, as in a web page, which is told on its standard input what to do and says
// on its standard output what happens: a JSON object a line, both ways.
//
//   node phone.mjs '{"url": "ws://127.0.0.1:8088/ws", "number": "101", "password": "...",
//                   "heard": "a file for the µ-law that it hears"}'
//
// and, if wanted,
//
//   answers   whoever calls is answered at once
//   hertz     the tone that it says
//   soon      seconds after which whatever JsSIP wants to do later than in 40 s is done
//   settings  more of JsSIP's own
//
// It ends with its standard input, or after two minutes.

import { createInterface } from 'node:readline'

import WebSocket from 'ws'

import { PlainConnection, SessionDescription } from './connection.mjs'

const LIFE = 120_000
const LATER = 40_000
const BATCH = 1600 // octets: 0.2 s

const options = JSON.parse(process.argv[2])

function say(event, more = {}) {
  process.stdout.write(JSON.stringify({ event, ...more }) + '\n')
}

// What a message is, in short. A response has a status.
function gist(message) {
  const text = typeof message === 'string' ? message : Buffer.from(message).toString()
  const method = /^CSeq: *\d+ +(\w+)/im.exec(text)
  const status = /^SIP\/2\.0 (\d+)/.exec(text)
  return { ...(status && { status: Number(status[1]) }), ...(method && { method: method[1] }) }
}

class Socket extends WebSocket {
  constructor(...given) {
    super(...given)
    this.addEventListener('message', ({ data }) => say('received', gist(data)))
    this.addEventListener('error', ({ message }) => say('broken', { reason: message }))
  }

  send(data, ...rest) {
    say('sent', gist(data))
    super.send(data, ...rest)
  }
}

function onSound(octets) {
  if (octets % BATCH === 0) say('heard', { seconds: octets / 8000 })
}

// What JsSIP expects of a browser. It has to be there before JsSIP is.
const wait = globalThis.setTimeout
wait(() => process.exit(3), LIFE).unref()
Object.assign(globalThis, {
  window: globalThis,
  WebSocket: Socket,
  RTCPeerConnection: class extends PlainConnection {
    constructor() {
      super({ hertz: options.hertz, file: options.heard, onSound })
    }
  },
  RTCSessionDescription: SessionDescription
})
if (options.soon !== undefined) {
  globalThis.setTimeout = (done, ms, ...given) =>
    wait(done, ms > LATER ? 1000 * options.soon : ms, ...given)
}
const { default: JsSIP } = await import('jssip')

// Nothing is asked of a microphone: the connection has a sound of its own.
const media = { mediaStream: { getTracks: () => [] } }

const phone = new JsSIP.UA({
  sockets: [new JsSIP.WebSocketInterface(options.url)],
  uri: `sip:${options.number}@${new URL(options.url).hostname}`,
  password: options.password,
  connection_recovery_min_interval: 1,
  connection_recovery_max_interval: 1,
  ...options.settings
})
const calls = []

phone.on('connected', () => say('connected'))
phone.on('disconnected', () => say('disconnected'))
phone.on('registered', () => say('registered'))
phone.on('unregistered', () => say('unregistered'))
phone.on('registrationFailed', ({ response, cause }) =>
  say('unknown', { cause, status: response?.status_code })
)
phone.on('newMessage', ({ originator, request }) => {
  if (originator === 'remote') say('text', { writer: request.from.uri.user, body: request.body })
})
phone.on('newRTCSession', ({ session, originator, request }) => {
  const call = calls.push(session) - 1
  const end = (event) => ({ originator: by, cause, message }) =>
    say(event, { call, by, cause, status: message?.status_code })
  session.on('progress', ({ originator: by, response }) => {
    if (by === 'remote') say('rings', { call, status: response.status_code })
  })
  session.on('accepted', () => say('accepted', { call }))
  session.on('confirmed', () => say('confirmed', { call }))
  session.on('ended', end('ended'))
  session.on('failed', end('failed'))
  session.on('hold', ({ originator: by }) => say('held', { call, by }))
  session.on('unhold', ({ originator: by }) => say('resumed', { call, by }))
  session.on('newDTMF', ({ originator: by, dtmf }) => say('key', { call, by, key: dtmf.tone }))
  if (originator === 'remote') {
    say('incoming', { call, caller: request.from.uri.user })
    if (options.answers) session.answer(media)
  }
})

const wishes = {
  call: ({ to }) => phone.call(to, media),
  answer: ({ call }) => calls[call].answer(media),
  hang_up: ({ call }) => calls[call].terminate(),
  refuse: ({ call, status }) => calls[call].terminate({ status_code: status }),
  hold: ({ call, update }) => calls[call].hold({ useUpdate: update }) || say('not now'),
  resume: ({ call, update }) => calls[call].unhold({ useUpdate: update }) || say('not now'),
  press: ({ call, key }) => calls[call].sendDTMF(key),
  transfer: ({ call, to, other }) =>
    calls[call].refer(to, {
      replaces: other === undefined ? undefined : calls[other],
      eventHandlers: {
        requestFailed: ({ response }) =>
          say('not transferred', { call, status: response?.status_code }),
        accepted: ({ status_line: { status_code: status } }) => say('transferred', { call, status }),
        failed: ({ status_line: { status_code: status } }) => say('came back', { call, status })
      }
    }),
  text: ({ to, body }) =>
    phone.sendMessage(to, body, {
      eventHandlers: {
        succeeded: () => say('delivered'),
        failed: ({ response }) => say('not delivered', { status: response?.status_code })
      }
    }),
  watch: ({ to }) => {
    const watching = phone.subscribe(to, 'dialog', 'application/dialog-info+xml', { params: {} })
    watching.on('active', () => say('watches', { to }))
    watching.on('notify', (isFinal, request, body) => {
      for (const [, state] of body.matchAll(/<state[^>]*>(\w+)<\/state>/g)) {
        say('line', { to, state })
      }
    })
    watching.on('terminated', (code, reason) => say('no longer watches', { to, reason }))
    watching.subscribe()
  },
  unregister: () => phone.unregister(),
  vanish: () => process.exit(0)
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const { wish, ...how } = JSON.parse(line)
  wishes[wish](how)
})
lines.on('close', () => process.exit(0))
phone.start()
