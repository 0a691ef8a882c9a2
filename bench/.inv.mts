import { startPrimary, createFixtures } from "/work/main/bench/fixtures.ts";
import { buildTables } from "/work/main/bench/models/tables.ts";
import { readFileSync } from "node:fs";
const n=Number(process.argv[2]);
const fixtures=createFixtures(buildTables(n),"old");
const steps=JSON.parse(readFileSync("/tmp/w/req1.json","utf8")).requests[0].batch.steps;
const first=JSON.parse(readFileSync("/tmp/w/req0.json","utf8")).requests[0].batch.steps;
await using s=await startPrimary(fixtures,"/tmp/w/srv");
const post=async(steps:any[])=>{const t=performance.now();const r=await fetch(s.url+"/v2/pipeline",{method:"POST",headers:{"content-type":"application/json","accept-encoding":"identity"},body:JSON.stringify({baton:null,requests:[{type:"batch",batch:{steps}},{type:"close"}]})});const x=await r.text();return (performance.now()-t).toFixed(0)+" "+x.length};
const S=(sql:string)=>({stmt:{sql}});
for(let i=0;i<3;i++){
console.log("select 1", await post([S("select 1")]));
console.log("count(*) schema", await post([S("select count(*) from sqlite_schema")]));
console.log("inspect", await post(first));
console.log("all", await post(steps));
console.log("dbstat", await post([steps[1]]));
console.log("rest", await post(steps.slice(2)));
const bare=steps.slice(2).map((x:any)=>S(x.stmt.sql.replace(/\(SELECT max\((?!rowid)[^)]*\) FROM [^)]*\)/g,"NULL").replace(/CASE WHEN count\(\*\) <= \d+ THEN NULL END/g,"NULL")));
console.log("no newest", await post(bare), bare.at(-1).stmt.sql.slice(0,200));
const bare2=bare.map((x:any)=>S(x.stmt.sql.replace(/\(SELECT max\(rowid\) FROM [^)]*\)/g,"NULL")));
console.log("counts only", await post(bare2), bare2.at(-1).stmt.sql.slice(0,200));
}
console.log(steps.at(-1).stmt.sql.slice(0,400));
process.exit(0);
