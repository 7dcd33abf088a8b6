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
  mark('chat-token', 2, /<\|\s?[a-z_▁ /-]{2,30}\s?\|>|<extra_id_\d{1,3}>/g),
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
  mark(
    'role-tag',
    2,
    /<\/?\s?(?:system|assistant|sys|human|im_start|im_end|ai)\s?\/?>|\[(?:system|assistant|user)\]\(#|```(?:system|assistant|tool_code|tool_calls?|tool_outputs?|function_calls?)\n/g,
  ),
  mark(
    'role-tag',
    1,
    /\{\{?#?(?:system|user|assistant)\b|<\/?(?:user|instructions?|prompt|important|context|document|admin|override|directive|hidden|secret|priority)>|\[(?:system|assistant|admin|developer|user|ai)\]/g,
  ),
  mark(
    'tool-markup',
    2,
    /<\/?(?:antml:)?(?:function_calls?|function_results?|invoke(?:\s+name)?|tool_calls?|tool_use|tool_result|tool_response|tool_code|function=|parameter name|use_tool|use_mcp_tool|access_mcp_resource|call_tool|[a-z]{2,12}_call|execute_command|run_command|write_to_file|search_results?|user_query|user_input|retrieved_(?:content|document)s?|web_content|external_content|tool_output|thinking|think|scratchpad|(?:user_)?(?:approval|consent)\s(?:status|granted))\b/g,
    'tool',
  ),
  mark(
    'tool-markup',
    2,
    /<(?:tools|functions|available_tools)>\s?[[{<]|<tool name\s?=[^<>]{1,60}>[^<>]{1,300}<\/|<(?:bash|shell|terminal|execute)>[^<>]{1,300}<\//g,
    'tool',
  ),
  mark(
    'tool-json',
    2,
    /["']type["']\s?:\s?["'](?:tool_use|tool_result|tool_call|tool_calls|server_tool_use|function_call|function_call_output|mcp_call)["']|["']role["']\s?:\s?["'](?:tool|function)["']|["']tool_(?:call|use)_id["']\s?:|"method"\s?:\s?"tools\/call"/g,
    'tool',
  ),
  mark(
    'call-line',
    2,
    /\bto=(?:functions|browser|python|container|multi_tool_use)\b|\b(?:functions|default_api)\.\w{2,40}\((?:\{\s?"|\w{1,30}=)|\[(?:tool_call|tool_use|function_call|tool_result)\s?[:=(]/g,
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
  mark(
    'role-json',
    2,
    /["']role["']\s?:\s?["'](?:system|assistant|developer)["']\s?,\s?["'](?:content|message|text|parts)["']/g,
  ),
  mark('role-json', 2, /(?:^|\n)-?\s?role:\s?["']?(?:system|assistant|developer)["']?\s{1,2}-?\s?content:/g),
  mark('react', 2, /(?:^|\n)action:\s?[^\n]{1,60}\naction input:|\nobservation:[^\n]{0,200}\nthought:/g, 'tool'),
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
  mark(
    'role-line-orders',
    2,
    /(?:^|\n|[\]>)*#.!?-]\s?)[[(*"'#=-]{0,4}\s?(?:system|developer|administrator|admin|operator|root)(?:[ _-]?(?:message|notice|alert|notification|request|mode|task|role))?\s?[\])*"'=-]{0,4}\s?[:>\n][^\n]{0,100}\b(?:you|your|rules?|instructions?|granted|approved|authori[sz]ed|verified|override|policy|permissions?|restrictions?|obey|comply|ignore|proceed|unlocked|upgraded|from the operator|grants?|tools? (?:restrictions?|access)|enable all|admin access)\b/g,
  ),
  mark(
    'role-header',
    2,
    /(?:^|\n)#{1,4}\s?(?:system|assistant)(?: prompt| message)?:?\s?\n{1,2}\s?you(?:'re| are| must| will| now)\b/g,
  ),
  mark(
    'tool-line',
    1.5,
    /(?:^|\n)\s?[^\w\s]{0,4}\s?(?:tool|function)[ _](?:results?|outputs?|responses?|calls?|executed)\s?[\])*]{0,3}\s?:/g,
    'tool',
  ),
  mark(
    'approval-line',
    2,
    /(?:^|\n)\s?(?:user |owner )?(?:approval|authori[sz]ation|confirmation)(?: status)?\s?[:=]\s?(?:granted|approved|confirmed|yes|true)\b/g,
    'approval',
  ),
  mark(
    'task-line',
    1.5,
    /(?:^|\n)\s?[#*>-]{0,4}\s?new (?:task|instructions?|objective|directive|mission|orders|persona)\s?[*]{0,2}:/g,
  ),
  mark(
    'tag-break',
    2,
    /<\/(?:document|context|data|content|webpage|email|user_input|input|results?|text|article|search_results?|page|file|message|query)>\s?(?:<(?:instructions?|system|user|assistant|prompt|important|admin|command|directive|order|task)>|(?:now|please|next|instead|follow|ignore|disregard|stop|you|user:|system:|assistant:|human:|new)\b)/g,
  ),
  mark('faked-marker', 2, /\[(?:end of )?content [0-9a-f]{6,}\]/g, 'boundary'),
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
  mark(
    'vocative-ai',
    1.5,
    /(?:^|[.!?\n"(:*#>-]\s?)(?:hey |dear |to all |all |attention )?(?:(?:ai|llm|language model)[ -]?(?:assistants?|agents?|models?|systems?|readers?|reviewers?|crawlers?|bots?|summari[sz]ers?)?|llms|ais|chatbots|(?:[a-z]{3,14} )?bots|(?:search engines|crawlers|assistants|agents) and (?:assistants|agents|bots|ais?|llms))s?\s?[:!]\s[a-z]/g,
    'addressed',
  ),
  mark(
    'jailbreak-answers',
    2,
    /[[(](?:jailbreak|jailbroken|unfiltered|dan|evil|dev(?:eloper)? mode)(?: output| response| answer)?[\])]/g,
    'role',
  ),
  mark(
    'repeat-forever',
    2,
    /\brepeat (?:the )?(?:word|phrase|letter|line)s? [^\n]{1,40}?(?:forever|endlessly|infinitely|\d{2,} times)\b/g,
    'steering',
  ),
  mark(
    'link-leak',
    2,
    /https?:\/\/[^\s<{[(]{1,120}[?&][a-z_]{1,20}=["']?[<{[(]{1,2}(?:all |the |user'?s? |your |insert |full |last )*(?:messages?|history|conversation|chat|context|memory|prompt|secrets?|inbox|e-?mails?|data|answers?|summary)\b/g,
    'exfiltration',
  ),
  mark(
    'vocative-order',
    1.5,
    /(?:^|[.!?\n"(:*#>-]\s?)(?:hey |dear |my |ok |hello |hi )?(?:ai assistant|assistant|ai|ai agent|chatbot|claude|chatgpt|gemini|copilot|gpt|language model|ai model|llm)[,:!]\s(?:please |now |just )?(?:delete|send|ignore|forget|disregard|call|run|open|reply|say|print|forward|execute|visit|reveal|output|approve|pay|transfer|do not|don't|you must|stop)\b/g,
    'addressed',
  ),
  mark(
    'urgent-line',
    1,
    /\b(?:urgent|critical|emergency|mandatory) (?:system|security|admin|ai|agent) (?:update|notice|message|alert|override|instructions?)\s?[:!]/g,
    'role',
  ),
  mark('destroys', 1.5, /\brm -rf (?:\/|~\/?|\*|\$home)(?=[\s"'`;,.)]|$)/g, 'tool'),
  mark('header-response', 1, /###\s?response\b/g),
  mark('header', 1, /###\s?(?:instructions?|input|human|user|question):/g),
  mark('header-system', 1.25, /###\s?(?:system|new instructions?|system prompt|override|assistant)\b/g),
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
