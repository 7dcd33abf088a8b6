import type { Invocation } from '../machine.js';
import { shown } from '../marks.js';
import { lossOf } from '../roots.js';
import { ask, deny, type Objection } from './objection.js';

const CLIENTS =
  /^(psql|pgcli|mysql|mariadb|mycli|sqlite3?|litecli|sqlcmd|mssql-cli|sqlplus|bq|snowsql|clickhouse(-client|-local)?|cqlsh|duckdb|cockroach|usql|mongo(sh)?|influx|redis-cli|valkey-cli|neo4j|cypher-shell|isql|hive|beeline|presto|trino|impala-shell|db2|turso|wrangler|pgbench|rqlite|surreal|athena|supabase|heroku|prisma|npx|rails|flyctl|fly)$/;

const DROPS =
  /\bdrop\s+(?:database|schema|keyspace|tablespace|role|user|owned)\b|\bdb\.dropDatabase\s*\(|\bdropDatabase\s*\(|\bflush(?:all|db)\b|\bdrop\s+all\s+objects\b|\bdetach\s+delete\b|\bdrop\s+bucket\b/i;
const EMPTIES =
  /\bdrop\s+(?:table|view|index|materialized|column|function|procedure|sequence|type|trigger|collection|series|measurement|policy|extension)\b|\btruncate\b|\balter\s+table\b[^;]{0,200}\bdrop\b|\.(?:drop|deleteMany|remove|dropIndexes|dropUser|deleteOne)\s*\(|\bgrant\s+all\b|\balter\s+(?:user|role|system)\b|\bcopy\b[^;]{0,200}\bprogram\b|\binto\s+outfile\b|\bload_file\s*\(|\bxp_cmdshell\b/i;
const UNBOUND = /\b(?:delete\s+from\s+[\w."`]+|update\s+[\w."`]+\s+set\s+[^;]{1,400}?)\s*(?:;|$|"|')/i;

/** SQL and its kin, given to a client on the command line or on its input. */
export function databases(call: Invocation): Objection[] {
  if (/^(curl|wget|http|https|xh)$/.test(call.name)) return search(call.args);
  if (!CLIENTS.test(call.name)) return [];
  const text = `${call.args.join(' ')}\n${call.stdin ?? ''}`.slice(0, 200_000);
  const plain = text.replace(/\/\*[\s\S]{0,2000}?\*\//g, ' ').replace(/--\s[^\n]*/g, ' ');
  const own = call.args.some((arg) => lossOf(arg, call.folder) === 'keys');
  if (own && /\b(?:delete|update|insert|drop|alter|replace|vacuum)\b/i.test(plain))
    return [deny('guard.data', "changes this box's own records")];
  if (DROPS.test(plain)) return [deny('database.drop', 'destroys a database')];
  if (EMPTIES.test(plain)) return [ask('database.change', 'drops or empties parts of a database')];
  if (/^psql$|^mysql$/.test(call.name) && /\\!|system\s/.test(plain))
    return [ask('unclear.text', 'runs a text that cannot be seen beforehand')];
  return UNBOUND.test(plain) && !/\bwhere\b/i.test(plain)
    ? [ask('database.change', 'changes every row of a table')]
    : [];
}

/** Search engines and queues are destroyed by HTTP. */
function search(args: readonly string[]): Objection[] {
  const deletes = args.some((arg, index) =>
    /^(-X|--request)$/i.test(args[index - 1] ?? '')
      ? /^delete$/i.test(arg)
      : /^-XDELETE$|^--request=DELETE$|^DELETE$|^--method=DELETE$/i.test(arg),
  );
  if (!deletes) return [];
  const url = shown(args.find((arg) => /:\d+\/|\/\//.test(arg)) ?? '');
  if (
    /:(9200|9201|5984|8086|2379|8500|15672|8123)\/(_all|\*|_template\/\*|_data_stream\/\*|[^/]*\*|api\/queues|v1\/kv\/\?recurse)?\/?(\?.*)?$/.test(
      url,
    )
  )
    return [deny('database.drop', 'destroys a database')];
  return [ask('net.delete', 'deletes something by HTTP')];
}
