import { foldText } from './content/fold.js';
import { orderIn } from './input/orders.js';
import { ACTS, TARGETS, type Target } from './input/targets.js';

/**
 * Whether the owner's request asks to build a weapon (GUARD-7): a verb of making and a target, in one sentence. Talking,
 * explaining, defending, writing policies and stories about the same things passes. Pure and linear.
 */
export interface InputVerdict {
  readonly effect: 'allow' | 'deny';
  /** `request.malware`, `.exploit`, `.phishing`, `.credentials`, `.evasion`, or `request.none`. */
  readonly rule: string;
  /** One sentence that can be shown; empty for `allow`. */
  readonly reason: string;
  readonly findings: readonly string[];
}

/** Verbs that ask for the thing itself. */
const MAKING =
  /\b(?:write|writes|writing|create|creating|build|building|make|making|develop|developing|code|coding|generate|generating|design|designing|craft|crafting|program|programming|produce|implement|implementing|compile|assemble|set up|setting up|prepare|draft|compose|construct|script|perform|carry out|execute|conduct|mount|start|do an?|add|adds|put|insert|include|clone|convert|deploy|deploying|launch|plant|install|spread|inject|send|run|encode|put together|give me|show me|provide|i need|i want|i'd like|i would like|we need|need a|need an|want a|want an|help me|teach me|how (?:do|can|could|would|to) (?:i |we |you )?|steps? to|instructions? (?:to|for|on)|turn (?:this|it|the|my)|modify|improve|fix|finish|extend|obfuscate|pack|encrypt|hide|embed|bundle|schreib\w*|erstell\w*|bau\w*|programmier\w*|entwickl\w*|entwirf|generier\w*|mach\w*|brauch\w*|hilf mir|zeig\w* mir|gib mir|wie (?:kann|baue|schreibe|erstelle|mache) ich|ecri[svt]\w*|cree[rz]?|creer|code[rz]?|fabrique[rz]?|developpe[rz]?|genere[rz]?|programme[rz]?|fais|faites|construi\w+|redige[rz]?|concoi\w+|aide[zr]?[- ]moi|donne[zr]?[- ]moi|montre[zr]?[- ]moi|comment (?:faire|creer|ecrire|coder|fabriquer)|il me faut|j'ai besoin|escrib\w+|crea\w*|cre[ae]\w*|desarroll\w+|program[ae]\w*|haz\w*|gener[ae]\w*|constru\w+|disen\w+|redact\w+|ayudame|dame|muestrame|necesito|como (?:hacer|crear|escribir|programar|puedo)|scriv\w+|crea\w*|svilupp\w+|costrui\w+|aiutami|dammi|escrev\w+|crie|desenvolv\w+|faca|me ajude|preciso|schrijf|maak|bouw|ontwikkel|help me)\b/g;
/** Who is told about: then the verb is theirs. */
const OTHERS =
  /\b(?:attackers?|hackers?|criminals?|scammers?|phishers?|thieves|they|people|somebody|someone|anyone|threat actors?|adversar\w+|angreifer|kriminelle|betruger|attaquants?|pirates?|atacantes?|delincuentes|students?|he|she|who|that)\s(?:\w+\s){0,2}$/;
/** Between verb and target: then what is asked for is about it or against it. */
const ABOUT =
  /\b(?:polic(?:y|ies)|guides?|guidelines?|articles?|essays?|blog|posts?|reports?|summar(?:y|ies|ise|ize)|overview|explain\w*|explanation|presentation|slides?|talk|training|awareness|course|lessons?|lecture|quiz|checklist|plan|playbook|runbook|procedure|detect\w*|scanner|filters?|rules?|signatures?|yara|sigma|alert\w*|unit tests?|defen[cs]e|defend\w*|protect\w*|prevent\w*|backups?|firewall|honeypot|documentation|docs|ticket|warn\w*|notice|stor(?:y|ies)|novel|scene|thriller|screenplay|dialogue|fiction\w*|game (?:where|about|in which)|finds|search\w*|looks? for|articol\w*|articulo|artigo|poem|song|film|joke|lists? of|comparison|research|paper|history|insurance|questions?|remov\w+|block\w*|avoid\w*|recogni[sz]e\w*|identif\w+|mitigat\w*|analy[sz]\w+|clean\w*|scan\w*|quarantine|against|about|understand|respond to|recover\w*|stop|report\w*|spot|translate|define|definition|difference|what|why|whether|newsletter|poster|faq|wiki|simulation of an? attack response|richtlinie\w*|leitfaden|artikel|bericht|schulung\w*|erklar\w*|zusammenfassung|schutz\w*|schutzen|erkenn\w*|verhinder\w*|entfern\w*|gegen|uber|warnung|vortrag|politique|guide|rapport|resume|formation|expliqu\w+|proteger|protection|detecter|prevenir|supprimer|contre|sur les|au sujet|sensibilisation|politica|guia|informe|resumen|capacitacion|explic\w+|protej\w+|detect\w+|prevenir|eliminar|contra|sobre|acerca|spieg\w+|proteg\w+|contro|beleid|uitleg|tegen|over)\b/;
/** A letter's own text may speak of anything. */
const LETTER =
  /\b(?:e-?mail|mail|message|letter|note|post|sms|text|ticket|nachricht|brief|lettre|correo|carta)\b[^:]{0,60}:/;
/** Right after the target: `malware scanner`, `phishing awareness`, `ransomware protection`. */
const DEFUSED =
  /^[\s-]{0,2}(?:\w+[\s-]){0,2}?(?:scan\w*|detect(?:ion|or|ors|ing)|protection|prevention|removal|analysis|analyzer|awareness|polic(?:y|ies)|reports?|defen[cs]es?|response|insurance|training|filter\w*|remediation|signatures?|rules?|incident\w*|fix(?:es)?|patch(?:es)?|bugs?|lures?|spread|simulations?|recovery|attempts?|warnings?|advisor(?:y|ies)|research|statistics|blockers?|schutz|erkennung|warnung|shield|alerts?|cleaner|infections? (?:from|on)|quiz|examples? (?:for|in) (?:our|the|my) (?:training|course)|victims?)\b/;
/** The owner's own doing with the same words. */
const HARMLESS =
  /\b(?:exploits? (?:the|this|its|our|their|your|a|an|every|any|all|these|those|locality|parallelism|symmetry)|virus (?:scan|spread|season|outbreak|pandemic|infection)|the (?:corona|flu|covid)|corona|influenza|vaccine|anti-?virus (?:software|program|subscription|licen[cs]e)|backdoor (?:of|to) the (?:house|garden|kitchen)|trojan (?:war|horse costume)|eventdropper|worm (?:farm|compost\w*|castings))\b/;

const ORDERED =
  /(?:^|^(?:please )?(?:use|find|try|get|take|exploit|scan) (?:(?:\S+ ){1,2}to |an? |the )?|[,:]\s?|\b(?:please|bitte|and|then|und|et|y|how (?:to|do i|can i|could i)|(?:want|need|would like) to|wie kann ich|comment|como)\s)$/;
const EXPLAINING =
  /^[\s"']{0,3}(?:please |can you |could you |kannst du |peux-tu |puedes )?(?:explain|what (?:is|are|does|do|was|were|happens)|why|describe|summari[sz]e|translate|tell me about|how does|how do (?!i\b|you\b|we\b)|how did|define|list the signs|erklare?|was (?:ist|sind)|warum|wie funktioniert|beschreib|explique|qu'est|pourquoi|comment fonctionne|decris|explica|que (?:es|son)|por que|como funciona|describe)\b/;

/** What is the owner's own, or played in a lab: nobody is attacked. */
const OWN =
  /\b(?:my own|our own|i own|we own|ctf|capture the flag|hack ?the ?box|tryhackme|metasploitable|dvwa|juice shop|labs?|localhost|127\.0\.0\.1|i forgot|locked (?:myself )?out|e2e|in (?:the |our |my )?(?:tests?|dev|staging|ci)|authori[sz]ed (?:pentest|penetration test))\b/;
/** Verbs of an administrator too, when they are the order itself. */
const ADMINISTERS = /^(?:disable|kill|avoid|get around|get past|delete|clear|wipe)/;

const REASONS = 'Explaining it, or defending against it, is fine.';
const LOOK_BACK = 140;
const LONGEST_SENTENCE = 500;

export function judgeInput(text: string): InputVerdict {
  const folded = foldText(text).text;
  for (const target of [...TARGETS, ...ACTS]) {
    const { rule, what, pattern } = target;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(folded); match !== null; match = pattern.exec(folded)) {
      if (isAskedFor(folded, match.index, match[0], target)) return declined(rule, `build ${what}`, match[0]);
    }
  }
  for (const sentence of sentences(folded)) {
    const order = orderIn(sentence);
    if (order !== null) return declined(order.rule, SHOWN[order.rule] ?? 'build a weapon', order.word);
  }
  return { effect: 'allow', rule: 'request.none', reason: '', findings: [] };
}

const SHOWN: Readonly<Record<string, string>> = {
  'request.malware': 'build malware',
  'request.exploit': 'attack what is not yours',
  'request.phishing': 'build phishing',
  'request.credentials': 'build the theft of credentials',
  'request.evasion': 'build a way round protection',
};

function declined(rule: string, asked: string, found: string): InputVerdict {
  const reason = `This asks to ${asked}, which I do not do. ${REASONS}`;
  return { effect: 'deny', rule, reason, findings: [found.slice(0, 100)] };
}

function* sentences(text: string): Generator<string> {
  for (const [sentence] of text.matchAll(new RegExp(`[^.!?\\n;。！？؟।]{1,${LONGEST_SENTENCE}}`, 'g'))) yield sentence;
}

/** Whether the sentence up to the target asks for the target itself. */
function isAskedFor(text: string, at: number, target: string, { rule, act }: Target): boolean {
  const before = text.slice(Math.max(0, at - LOOK_BACK), at);
  const sentence = before.slice(
    Math.max(...['. ', '! ', '? ', '\n', '; '].map((end) => before.lastIndexOf(end) + end.length - 1), 0),
  );
  const after = text.slice(at + target.length, at + target.length + 60);
  if (DEFUSED.test(after) || HARMLESS.test(text.slice(Math.max(0, at - 20), at + target.length + 40))) return false;
  if (act && OWN.test(sentence + target + after)) return false;
  MAKING.lastIndex = 0;
  let asked = false;
  for (let verb = MAKING.exec(sentence); verb !== null; verb = MAKING.exec(sentence)) {
    const rest = sentence.slice(verb.index + verb[0].length);
    if (
      !ABOUT.test(rest) &&
      !LETTER.test(rest) &&
      !OTHERS.test(sentence.slice(0, verb.index)) &&
      !isNegated(sentence.slice(0, verb.index))
    )
      asked = true;
  }
  // Attacking, stealing and evading are verbs themselves.
  const verbal = act || rule === 'request.credentials' || rule === 'request.evasion';
  const ordered = verbal && ORDERED.test(sentence) && !ADMINISTERS.test(target);
  return (asked || ordered) && !EXPLAINING.test(sentence);
}

const isNegated = (before: string): boolean =>
  /\b(?:not|never|don't|do not|won't|cannot|can't|without|nicht|nie|kein\w*|ne|jamais|no|nunca|non)\s(?:\w+\s)?$/.test(
    before,
  );
