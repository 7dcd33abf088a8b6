import type { ContentKind } from './rules.js';
import type { Evidence } from './sequences.js';

/**
 * Marks of a prompt's or a tool call's structure, in folded text. Each pattern begins with a rare character and holds
 * no open repetition, so it is linear in any text.
 */
interface StructureRule {
  readonly rule: string;
  readonly kind: ContentKind;
  readonly weight: number;
  readonly pattern: RegExp;
}

const mark = (rule: string, weight: number, pattern: RegExp, kind: ContentKind = 'structure'): StructureRule => ({
  rule,
  kind,
  weight,
  pattern,
});

const STRUCTURE: readonly StructureRule[] = [
  mark('chat-token', 2, /<\|\s?[a-z_▁ /-]{2,30}\s?\|>/g),
  mark(
    'chat-token',
    2,
    /\[\/?(?:inst|system_prompt|available_tools|tool_calls?|tool_results?)\]|<<\/?sys>>|<\/?(?:start|end)_of_(?:turn|text)>|<(?:bos|eos)>|<\/?\|?assistant\|?>/g,
  ),
  mark(
    'role-tag',
    2,
    /[<[{]\/?\s?(?:system|assistant|developer|sys|admin)(?:[-_ ]?(?:prompt|messages?|instructions?|reminder|note|override|command|directive|info|update|notice))\s?\/?[>\]}]/g,
  ),
  mark('role-tag', 2, /<\/?\s?(?:system|assistant|sys|human|im_start|im_end|ai)\s?\/?>/g),
  mark(
    'role-tag',
    1,
    /\{\{?#?(?:system|user|assistant)\b|<\/?(?:user|instructions?|prompt|important|context|document|admin|override|directive|hidden|secret|priority)>|\[(?:system|assistant|admin|developer|user|ai)\]/g,
  ),
  mark(
    'tool-markup',
    2,
    /<\/?(?:antml:)?(?:function_calls?|function_results?|invoke(?:\s+name)?|tool_calls?|tool_use|tool_result|tool_response|tool_code|function=|parameter name|use_tool|execute_command|run_command|write_to_file|search_results?|user_query|user_input|retrieved_(?:content|document)s?|web_content|external_content|tool_output|thinking|scratchpad)\b/g,
    'tool',
  ),
  mark(
    'tool-json',
    2,
    /"(?:tool|tool_name|function|function_name|tool_calls?|function_call|tool_use|recipient_name)"\s?:\s?[{["][^{}]{0,120}"(?:arguments|parameters|input|args|params|tool_input)"\s?:/g,
    'tool',
  ),
  mark(
    'tool-json',
    2,
    /"(?:name|action|type)"\s?:\s?"[\w.-]{2,40}"\s?,\s?"(?:arguments|action_input|tool_input|tool_args)"\s?:/g,
    'tool',
  ),
  mark('tool-json', 1, /"(?:name|command)"\s?:\s?"[\w.-]{2,40}"\s?,\s?"(?:parameters|input|args)"\s?:/g, 'tool'),
  mark('role-json', 2, /"role"\s?:\s?"(?:system|assistant|developer)"\s?,\s?"(?:content|message|text|parts)"/g),
  mark('role-json', 2, /(?:^|\n)-?\s?role:\s?["']?(?:system|assistant|developer)["']?\s{1,2}-?\s?content:/g),
  mark('react', 2, /\naction:\s?[^\n]{1,60}\naction input:|\nobservation:[^\n]{0,200}\nthought:/g, 'tool'),
  mark('react', 1, /(?:^|\n)thought:[^\n]{0,300}\naction:/g, 'tool'),
  mark(
    'role-line',
    2,
    /(?:^|\n|[\]>)*#-])\s?[[(*"'#-]{0,4}\s?(?:system|assistant|developer|admin|administrator|root|operator|ai)[ _-]?(?:prompt|override|instructions?|directive|command|injection|update|note)\s?[\])*"']{0,3}\s?(?::|->|>>)/g,
  ),
  mark(
    'role-line',
    1,
    /(?:^|\n|[\]>)*#])\s?[[(*"'#-]{0,4}\s?(?:system|developer|administrator|admin)(?:[ _-]?(?:message|notice|alert|update|notification|request|mode|task|role))?\s?[\])*"']{0,3}\s?(?::|->|>>)/g,
  ),
  mark('turn-human', 1, /(?:^|\n)\s?[*#[]{0,4}\s?(?:human|user|question|h)\s?[*\]]{0,3}\s?:/g),
  mark(
    'turn-assistant',
    1,
    /(?:^|\n)\s?[*#[]{0,4}\s?(?:assistant|ai|chatgpt|claude|gpt|bot|ai assistant)\s?[*\]]{0,3}\s?:/g,
  ),
  mark(
    'vocative',
    1,
    /(?:^|[.!?\n"(:]\s?)(?:hey |dear |my |ok |hello |hi )?(?:ai assistant|assistant|ai|ai agent|agent|chatbot|claude|chatgpt|gemini|copilot|gpt|bot|language model|ai model)[,:!]\s/g,
    'addressed',
  ),
  mark('header-response', 1, /###\s?response\b/g),
  mark('header', 1, /###\s?(?:instructions?|input|human|user|question):/g),
  mark('header-system', 1.5, /###\s?(?:system|new instructions?|system prompt|override|assistant)\b/g),
  mark(
    'delimiter',
    2,
    /(?:[-=*#_~]{2}\s|[-=*#~]{3}|[[<])(?:end|begin|start|close|new|stop)(?: of)?(?: the)?(?: (?:above|current|previous|user|new|external|retrieved))?[ _](?:system|untrusted|external|context|prompt|instructions?|tool|user (?:input|query|message|prompt|data)|retrieved|web|ai|assistant|admin|override|new|hidden|secret|injected?|developer|directive)\b/g,
  ),
  mark(
    'delimiter',
    1,
    /(?:[-=*#_~]{2}\s|[-=*#~]{3}|[[<(])(?:end|begin|start)(?: of)?(?: the)?[ _](?:data|input|document|page|email|content|conversation|message|result|article|file|output|text|session|search|transcript)\b/g,
  ),
  mark(
    'image-leak',
    2,
    /!\[[^\]\n]{0,80}\]\(\s?https?:\/\/[^\s)]{1,200}[?&/=](?:[^\s)]{0,80}(?:\{|\[|<|\$\(|%7b)|(?:history|conversation|secrets?|prompt|chat|api_?key|password|leak|exfil|stolen|summary|context)=)/g,
    'exfiltration',
  ),
  mark(
    'image-leak',
    2,
    /<img[^>\n]{0,120}src\s?=\s?["']?https?:\/\/[^\s"'>]{1,160}(?:\{\{?|\$\{|\[(?:insert|data|secret|conversation|history)|(?:[?&](?:conversation|history|secret|prompt|chat|apikey|api_key|password)=))/g,
    'exfiltration',
  ),
  mark(
    'use-tool',
    1,
    /\b(?:use|call|invoke|run|execute|trigger|using|calling|invoking)\s(?:the\s|your\s|a\s)?["'`]?[a-z][a-z0-9_.-]{1,40}["'`]?\s?(?:\(\)\s?)?(?:tool|plugin|function call|tool call|mcp)\b/g,
    'tool',
  ),
  mark('call-line', 2, /(?:^|\n)\s?(?:call|invoke|execute|tool)[: ]\s?[a-z]+_[a-z_]+\s?\{/g, 'tool'),
  mark(
    'call-line',
    1.5,
    /\b(?:run_command|http_request|write_file|read_file|send_file|send_mail|send_email|execute_command|delete_file|run_shell|fetch_page|ask_secret)\s?\(/g,
    'tool',
  ),
];

/** At most a few of each: more of the same says nothing new. */
const MOST = 4;

export function structureIn(text: string): Evidence[] {
  return STRUCTURE.flatMap(({ rule, kind, weight, pattern }) => {
    const found: Evidence[] = [];
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null && found.length < MOST; match = pattern.exec(text)) {
      found.push({ rule, kind, weight, start: match.index, end: match.index + match[0].length });
    }
    return found;
  });
}
