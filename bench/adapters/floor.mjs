// Physical limits for W1/W2: no framework, three shapes of hop.
class TextFrame { constructor(t){ this.id = ++TextFrame.n; this.text = t; } } TextFrame.n = 0;
class AudioFrame { constructor(b){ this.id = ++TextFrame.n; this.audio = b; this.sampleRate = 16000; } }
const AUDIO = new Uint8Array(640);
const mk = (i) => (i & 1) ? new TextFrame('hello') : new AudioFrame(AUDIO);
// (a) synchronous virtual call per hop
export async function sync(n, onTail) {
  class Proc { constructor(){ this.next = null; this.seen = 0; } process(f){ this.seen++; this.next.process(f); } }
  class Tail { process(f){ onTail(f); } }
  const ps = []; for (let i = 0; i < n - 1; i++) ps.push(new Proc()); ps.push(new Tail());
  for (let i = 0; i < n - 1; i++) ps[i].next = ps[i + 1];
  return { push: (i) => { ps[0].process(mk(i)); }, close(){} };
}
// (b) every hop is an awaited async method (no queue)
export async function asyncChain(n, onTail) {
  class Proc { constructor(){ this.next = null; } async process(f){ await this.next.process(f); } }
  class Tail { async process(f){ onTail(f); } }
  const ps = []; for (let i = 0; i < n - 1; i++) ps.push(new Proc()); ps.push(new Tail());
  for (let i = 0; i < n - 1; i++) ps[i].next = ps[i + 1];
  return { push: (i) => ps[0].process(mk(i)), close(){} };
}
// (c) every hop has its own FIFO ring and its own drain loop; the handler is async and awaited (queue + task per
// processor, as in a frame-processor architecture, with nothing else)
export async function queueTask(n, onTail) {
  class Ring { constructor(){ this.a = new Array(1024); this.m = 1023; this.h = 0; this.t = 0; }
    push(x){ if (this.t - this.h > this.m) { const o = this.a, L = o.length, b = new Array(L * 2); for (let i = 0; i < L; i++) b[i] = o[(this.h + i) & this.m]; this.a = b; this.m = L * 2 - 1; this.t = L; this.h = 0; } this.a[this.t++ & this.m] = x; }
    shift(){ if (this.h === this.t) return undefined; const i = this.h++ & this.m; const x = this.a[i]; this.a[i] = undefined; return x; } }
  class Proc { constructor(){ this.q = new Ring(); this.next = null; this.running = false; }
    enqueue(f){ this.q.push(f); if (!this.running) { this.running = true; queueMicrotask(() => this.drain()); } }
    async drain(){ let f; while ((f = this.q.shift()) !== undefined) await this.handle(f); this.running = false; }
    async handle(f){ this.next.enqueue(f); } }
  class Tail extends Proc { async handle(f){ onTail(f); } }
  const ps = []; for (let i = 0; i < n - 1; i++) ps.push(new Proc()); ps.push(new Tail());
  for (let i = 0; i < n - 1; i++) ps[i].next = ps[i + 1];
  return { push: (i) => { ps[0].enqueue(mk(i)); }, close(){} };
}
// W3 floor: the same stubs wired by direct calls, no framework at all
export const name = 'floor';
import { Energy, TOKENS } from '../drivers/scenario.mjs';
export async function session(sink) {
  const e = new Energy(); let k = 0;
  async function reply(text, ctx) {
    let buf = '';
    for (const t of TOKENS) { await new Promise(setImmediate); buf += t; if (/[.!?]\s$/.test(buf)) { for (let i = 0; i < 40; i++) sink.write(20); buf = ''; } }
  }
  const ctx = [];
  return { push(a) { if (e.push(a) === 'stop') { ctx.push({ role: 'user', content: `hello number ${++k}` }); reply(ctx); } }, close() {} };
}
// W2 floor: 9 stages each with an in-flight abortable await and a FIFO; interruption = synchronous walk + one microtask ack per stage
export async function w2(n, onAck) {
  let seen = 0;
  class Stage { constructor() { this.q = []; this.next = null; this.ac = null; }
    enqueue(f) { this.q.push(f); if (!this.ac) this.drain(); }
    async drain() { while (this.q.length) { this.q.shift(); seen++; const ac = this.ac = new AbortController();
        try { await new Promise((_, j) => ac.signal.addEventListener('abort', () => j(ac.signal.reason), { once: true })); } catch {} this.ac = null; this.ack?.(); this.ack = null; } }
    async interrupt() { this.q.length = 0; if (this.ac) await new Promise((r) => { this.ack = r; this.ac.abort(); }); await this.next.interrupt(); } }
  class Tail { async interrupt() { onAck(); } }
  const ps = []; for (let i = 0; i < n - 1; i++) ps.push(new Stage()); ps.push(new Tail());
  for (let i = 0; i < n - 1; i++) ps[i].next = ps[i + 1];
  return { fill: (k, per) => { for (let i = 0; i < per; i++) ps[k].enqueue({ id: i, text: 'x' }); }, interrupt: () => ps[0].interrupt(), pending: () => ps.slice(0, -1).reduce((a, p) => a + p.q.length, 0), seen: () => seen, close() {} };
}
// W1m floor: forty frame classes through ten processors that each switch on the type, by plain calls
export async function w1m(n, onTail) {
  const classes = Array.from({ length: 40 }, (_, k) => new Function(`return class F${k} { constructor() { this.id = 0; this.type = 'x/${k}'; this.v${k} = 1 } }`)());
  const Base = class { constructor() { this.next = null; this.n = 0; } };
  const stage = (k) => new (new Function('B', `return class extends B { process(f) { switch (f.type) { case 'x/a${k}': this.n++; break; case 'x/b${k}': this.n += 2; break; case 'x/c${k}': this.n += 3; break; default: this.next.process(f) } } }`)(Base))();
  const ps = Array.from({ length: n - 1 }, (_, k) => stage(k)); ps.push({ process: onTail });
  for (let i = 0; i < n - 1; i++) ps[i].next = ps[i + 1];
  const frames = classes.map((C) => new C());
  return { push: (i) => { ps[0].process(frames[i % 40]); }, close(){} };
}
