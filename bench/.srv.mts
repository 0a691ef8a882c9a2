import { startPrimary, createFixtures } from "/work/main/bench/fixtures.ts";
import { buildTables } from "/work/main/bench/models/tables.ts";
const n=Number(process.argv[2]);
const fixtures=createFixtures(buildTables(n),"old");
import { readFileSync } from "node:fs";
// our statements: captured from a run
const body=JSON.parse(readFileSync(process.argv[3],"utf8"));
const steps=body.requests[0].batch.steps;
const post=async(url:string,requests:any[])=>{const t=performance.now();const r=await fetch(url+"/v2/pipeline",{method:"POST",headers:{"content-type":"application/json","accept-encoding":"identity"},body:JSON.stringify({baton:null,requests})});const j:any=await r.json();const e=j.results.find((x:any)=>x.error); const se=j.results[0].response?.result?.step_errors?.find((x:any)=>x); return [performance.now()-t,e?.error??se??"ok"] as const};
async function run(label:string,f:(url:string)=>Promise<any>){ for(let i=0;i<2;i++){await using s=await startPrimary(fixtures,"/tmp/w/srv"); console.log(label,await f(s.url));} }
const last=steps.findIndex((s:any)=>s.stmt.sql==="COMMIT");
const strip=(a:any[])=>a.map((s:any)=>s.stmt.sql);
const guard=(s:string)=>/^SELECT/.test(s);
console.log(steps.length, last, strip(steps).filter(guard).map((s:string)=>s.slice(0,100)));
await run("as sent",u=>post(u,[{type:"batch",batch:{steps}},{type:"close"}]));
await run("no reads",u=>post(u,[{type:"batch",batch:{steps:steps.slice(0,last+3)}},{type:"close"}]));
await run("sequence all",u=>post(u,[{type:"sequence",sql:strip(steps.slice(0,last+1)).join(";")},{type:"close"}]));
const noguard=strip(steps.slice(0,last+1)).filter((s:string)=>!guard(s));
await run("sequence no guards",u=>post(u,[{type:"sequence",sql:noguard.join(";")},{type:"close"}]));
const drops=noguard.filter((s:string)=>/^DROP/.test(s)); const rest=noguard.filter((s:string)=>!/^DROP/.test(s)); const at=rest.findIndex((s:string)=>/^CREATE/.test(s));
await run("sequence, drops forward",u=>post(u,[{type:"sequence",sql:[...rest.slice(0,at),...drops.toReversed(),...rest.slice(at)].join(";")},{type:"close"}]));
await run("sequence, drops only",u=>post(u,[{type:"sequence",sql:[...rest.slice(0,at),...drops,"COMMIT"].join(";")},{type:"close"}]));
await run("sequence, drops only forward",u=>post(u,[{type:"sequence",sql:[...rest.slice(0,at),...drops.toReversed(),"COMMIT"].join(";")},{type:"close"}]));
process.exit(0);
