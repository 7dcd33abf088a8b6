import { foldText } from './content/fold.js';

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

interface Target {
  readonly rule: string;
  readonly what: string;
  readonly pattern: RegExp;
}

/** Things that are made to harm; English, then German, French, Spanish, Italian, Portuguese, Dutch. Accents are folded. */
const TARGETS: readonly Target[] = [
  {
    rule: 'request.malware',
    what: 'malware',
    pattern:
      /\b(?:ransom-?ware|ransomware[- ]\w+|malware|key-?loggers?|keystroke logger|trojans?|trojan horse|rootkits?|bootkits?|bot-?nets?|spyware|stalkerware|adware|info-?stealers?|(?:password|token|cookie|credential|wallet|session)[- ](?:stealer|grabber|logger)s?|wiper|logic bombs?|computer virus(?:es)?|virus(?:es)?|(?:computer|network|self-replicating|usb|email) worms?|worm that|remote access tro?jan|rat that|backdoors?|droppers?|crypto-?jack\w*|hidden (?:crypto )?miner|miner that runs (?:hidden|silently)|c2 (?:server|framework|beacon)|command[- ]and[- ]control (?:server|panel)|zip bomb|fork bomb|clipper|ddos (?:tool|bot|script|attack)|booter|schadsoftware|schadprogramm\w*|erpressungs\w+|trojaner\w*|hintertur\w*|wurm|logiciels? (?:malveillants?|espions?)|rancongiciels?|cheval de troie|porte derobee|enregistreur de frappe|programa (?:malicioso|espia)|software malicioso|codigo malicioso|troyanos?|gusano|puerta trasera|registrador de teclas|software malevolo|cavallo di troia|virus informatico|gijzelsoftware|kwaadaardige software|schadelijke software)\b/g,
  },
  {
    rule: 'request.exploit',
    what: 'an attack tool',
    pattern:
      /\b(?:(?:working |zero-?day |0-?day |remote |kernel |privilege escalation |buffer overflow |rce |poc )?exploits?(?: code| chain| kit| script)?|shellcode|reverse[- ]shells?|bind[- ]shells?|web[- ]?shells?|meterpreter(?: payload)?|malicious (?:payload|macro|document|pdf|package|script|code|app|apk|extension|attachment|program|software)s?|(?:msfvenom|metasploit|reverse tcp|cobalt strike) payloads?|sql injection (?:attack|payload)s?|xss payloads?|attack (?:script|tool|code)s?|brute[- ]?force(?:r| attack| script| tool)|credential stuffing(?: bot| script| tool)?|supply[- ]chain attack|deauth(?:entication)? attack|arp spoof\w*|angriffs(?:skript|werkzeug|code)\w*|schadcode|bosartig\w+ (?:makro|code|skript|paket)\w*|code d'exploitation|charge malveillante|macro malveillante|script d'attaque|macro maliciosa|carga maliciosa|script de ataque|codice malevolo)\b/g,
  },
  {
    rule: 'request.phishing',
    what: 'phishing',
    pattern:
      /\b(?:(?:spear[- ]?)?phishing(?:[- ](?:e-?mails?|mails?|pages?|sites?|websites?|kits?|campaigns?|messages?|sms|text|letter|link|template|form|seite|nachricht|kampagne))?|smishing\w*|vishing\w*|(?:fake|cloned?|spoofed|look-?alike|bogus|fraudulent|counterfeit) (?:\w+ ){0,3}(?:login|log-in|sign-?in|bank|banking|paypal|microsoft|google|office|payment|e-?mail|mail|website|site|page|invoice)s?(?: (?:page|form|site|screen|portal|website))?|login page (?:that looks|which looks|identical|to trick|to steal|to capture)|scam (?:e-?mail|message|page|site|script)s?|(?:gefalschte|falsche|nachgemachte|tauschend echte) (?:\w+[- ]?){0,2}(?:seite|anmeldeseite|login-?seite|mail|e-mail|webseite|website|anmeldung|rechnung)|betrugs\w*mail|(?:fausse|faux) (?:pages?|sites?|e-?mails?|mail|formulaire)(?: de connexion| bancaire)?|hameconnage|(?:pagina|sitio|web|correo|formulario) (?:falsa|falso)(?: de \w+)?|(?:pagina|sito|mail) (?:falsa|falso)|pagina de login falsa|valse (?:login|inlog)\w*)\b/g,
  },
  {
    rule: 'request.credentials',
    what: 'the theft of credentials',
    pattern:
      /\b(?:credential[- ]harvest\w*|harvest(?:s|ing|er)? (?:\w+ ){0,3}(?:credentials?|passwords?|logins?|cookies|e-?mails? and passwords)|(?:steal|grab|sniff|skim|exfiltrate|intercept|swipe|siphon)(?:s|ing)? (?:\w+['s]* ){0,5}(?:passwords?|credentials?|cookies|logins?|session (?:tokens?|cookies)|tokens?|credit cards?|card (?:numbers?|data|details)|bank details|keystrokes|2fa codes?|one-?time codes?|private keys?|wallets?|seed phrases?|accounts?|identit(?:y|ies)|data)|(?:records?|logs?|captures?|logging|recording|capturing) (?:\w+['s]* ){0,5}keystrokes??|(?:card|web|credit card) skimmers?|magecart|(?:passworter|zugangsdaten|kennworter|anmeldedaten|cookies|kreditkartendaten|daten|kontodaten) (?:\w+ ){0,4}(?:stiehlt|stehlen|klaut|klauen|abgreift|abgreifen|abfangt|abfangen|ausspaht|ausspahen|mitschneid\w+|sammelt)|(?:vole|voler|volant|intercepter?|recupere|recuperer|derober?) (?:\w+'?\w* ){0,4}(?:mots? de passe|identifiants|cookies|cartes?|donnees)|(?:roba|robe|robar|roban|captura|capture|capturar|interceptar|intercepta) (?:\w+ ){0,4}(?:contrasenas?|credenciales|cookies|tarjetas?|datos|claves)|ruba(?:re)? (?:\w+ ){0,3}(?:password|credenziali|cookie)|roub(?:a|ar|e) (?:\w+ ){0,3}(?:senhas?|credenciais)|wachtwoorden (?:\w+ ){0,3}(?:steelt|stelen))\b/g,
  },
  {
    rule: 'request.evasion',
    what: 'a way round protection',
    pattern:
      /\b(?:(?:bypass|evade|evades|evading|bypasses|bypassing|circumvent|disable|disables|kill|kills|blind|defeat|avoid|avoids|hide from|hides from|slip past|get past|get around|undetect\w+ by|not detected by|invisible to|undetectable by|undetected by|fool|trick) (?:\w+['s]* ){0,4}(?:anti-?virus|av|edr|defender|amsi|crowdstrike|endpoint (?:protection|detection)|security (?:software|tools?|scanners?)|virus ?total|malware (?:scanners?|detection)|sandbox (?:detection|analysis)|intrusion detection|ids|spam filters?|forensics?|av scanners?|(?:any |all )?detection)|(?:fully )?undetectable (?:\w+ ){0,2}(?:payload|virus|malware|exe|binary|rat|trojan|file|executable)|fud crypter|crypters?|(?:virenscanner|antivirus\w*|virenschutz|defender|erkennung) (?:\w+ ){0,4}(?:umgeht|umgehen|austrickst|austricksen|ausschaltet|deaktiviert|entgeht|nicht erkannt)|(?:contourne|contourner|echappe a|echapper a|desactive|desactiver) (?:\w+'?\w* ){0,3}(?:anti-?virus|defender|l'antivirus|detection)|(?:evada|evade|evadir|eluda|eludir|burlar?|desactiva|desactivar|saltar) (?:\w+ ){0,3}(?:anti-?virus|defender|deteccion)|aggira(?:re)? (?:\w+'?\w* ){0,2}antivirus|(?:burlar|contornar|escapar do) (?:\w+ ){0,2}antivirus)\b/g,
  },
];

/** Verbs that ask for the thing itself. */
const MAKING =
  /\b(?:write|writes|writing|create|creating|build|building|make|making|develop|developing|code|coding|generate|generating|design|designing|craft|crafting|program|programming|produce|implement|implementing|compile|assemble|set up|setting up|prepare|draft|compose|construct|script|deploy|deploying|launch|plant|install|spread|inject|send|run|give me|show me|provide|i need|i want|we need|need a|need an|want a|want an|help me|teach me|how (?:do|can|could|would|to) (?:i |we |you )?|steps? to|instructions? (?:to|for|on)|turn (?:this|it|the|my)|modify|improve|fix|finish|extend|obfuscate|pack|encrypt|hide|embed|bundle|schreib\w*|erstell\w*|bau\w*|programmier\w*|entwickl\w*|entwirf|generier\w*|mach\w*|brauch\w*|hilf mir|zeig\w* mir|gib mir|wie (?:kann|baue|schreibe|erstelle|mache) ich|ecri[svt]\w*|cree[rz]?|creer|code[rz]?|fabrique[rz]?|developpe[rz]?|genere[rz]?|programme[rz]?|fais|faites|construi\w+|redige[rz]?|concoi\w+|aide[zr]?[- ]moi|donne[zr]?[- ]moi|montre[zr]?[- ]moi|comment (?:faire|creer|ecrire|coder|fabriquer)|il me faut|j'ai besoin|escrib\w+|crea\w*|cre[ae]\w*|desarroll\w+|program[ae]\w*|haz\w*|gener[ae]\w*|constru\w+|disen\w+|redact\w+|ayudame|dame|muestrame|necesito|como (?:hacer|crear|escribir|programar|puedo)|scriv\w+|crea\w*|svilupp\w+|costrui\w+|aiutami|dammi|escrev\w+|crie|desenvolv\w+|faca|me ajude|preciso|schrijf|maak|bouw|ontwikkel|help me)\b/g;
/** Who is told about: then the verb is theirs. */
const OTHERS =
  /\b(?:attackers?|hackers?|criminals?|scammers?|phishers?|thieves|they|people|somebody|someone|anyone|threat actors?|adversar\w+|angreifer|kriminelle|betruger|attaquants?|pirates?|atacantes?|delincuentes|students?|he|she|who|that)\s(?:\w+\s){0,2}$/;
/** Between verb and target: then what is asked for is about it or against it. */
const ABOUT =
  /\b(?:polic(?:y|ies)|guides?|guidelines?|articles?|essays?|blog|posts?|reports?|summar(?:y|ies|ise|ize)|overview|explain\w*|explanation|presentation|slides?|talk|training|awareness|course|lessons?|lecture|quiz|checklist|plan|playbook|runbook|procedure|detect\w*|scanner|filters?|rules?|signatures?|yara|sigma|alert\w*|unit tests?|defen[cs]e|defend\w*|protect\w*|prevent\w*|backups?|firewall|honeypot|documentation|docs|ticket|warn\w*|notice|stor(?:y|ies)|novel|poem|song|film|joke|lists? of|comparison|research|paper|history|insurance|questions?|remov\w+|block\w*|avoid\w*|recogni[sz]e\w*|identif\w+|mitigat\w*|analy[sz]\w+|clean\w*|scan\w*|quarantine|against|about|understand|respond to|recover\w*|stop|report\w*|spot|translate|define|definition|difference|what|why|whether|newsletter|poster|faq|wiki|simulation of an? attack response|richtlinie\w*|leitfaden|artikel|bericht|schulung\w*|erklar\w*|zusammenfassung|schutz\w*|schutzen|erkenn\w*|verhinder\w*|entfern\w*|gegen|uber|warnung|vortrag|politique|guide|rapport|resume|formation|expliqu\w+|proteger|protection|detecter|prevenir|supprimer|contre|sur les|au sujet|sensibilisation|politica|guia|informe|resumen|capacitacion|explic\w+|protej\w+|detect\w+|prevenir|eliminar|contra|sobre|acerca|spieg\w+|proteg\w+|contro|beleid|uitleg|tegen|over)\b/;
/** A letter's own text may speak of anything. */
const LETTER =
  /\b(?:e-?mail|mail|message|letter|note|post|sms|text|ticket|nachricht|brief|lettre|correo|carta)\b[^:]{0,60}:/;
/** Right after the target: `malware scanner`, `phishing awareness`, `ransomware protection`. */
const DEFUSED =
  /^[\s-]{0,2}(?:\w+[\s-]){0,2}?(?:scan\w*|detect(?:ion|or|ors|ing)|protection|prevention|removal|analysis|analyzer|awareness|polic(?:y|ies)|reports?|defen[cs]es?|response|insurance|training|filter\w*|remediation|signatures?|rules?|incident\w*|recovery|attempts?|warnings?|advisor(?:y|ies)|research|statistics|blockers?|schutz|erkennung|warnung|shield|alerts?|cleaner|infections? (?:from|on)|quiz|examples? (?:for|in) (?:our|the|my) (?:training|course)|victims?)\b/;
/** The owner's own doing with the same words. */
const HARMLESS =
  /\b(?:exploits? (?:the|this|its|our|their|your|a|an|every|any|all|these|those|locality|parallelism|symmetry)|virus (?:scan|season|outbreak|pandemic|infection)|the (?:corona|flu|covid)|corona|influenza|vaccine|anti-?virus (?:software|program|subscription|licen[cs]e)|backdoor (?:of|to) the (?:house|garden|kitchen)|trojan (?:war|horse costume)|eventdropper|worm (?:farm|compost\w*|castings))\b/;

const VERBAL = ['request.credentials', 'request.evasion'];
const ORDERED =
  /(?:^|[,:]\s?|\b(?:please|bitte|and|then|und|et|y|how (?:to|do i|can i|could i)|(?:want|need|would like) to|wie kann ich|comment|como)\s)$/;
const EXPLAINING =
  /^[\s"']{0,3}(?:please |can you |could you |kannst du |peux-tu |puedes )?(?:explain|what (?:is|are|does|do|was|were|happens)|why|describe|summari[sz]e|translate|tell me about|how does|how do (?!i\b|you\b|we\b)|how did|define|list the signs|erklare?|was (?:ist|sind)|warum|wie funktioniert|beschreib|explique|qu'est|pourquoi|comment fonctionne|decris|explica|que (?:es|son)|por que|como funciona|describe)\b/;

const REASONS = 'Explaining it, or defending against it, is fine.';
const LOOK_BACK = 140;

export function judgeInput(text: string): InputVerdict {
  const folded = foldText(text).text;
  for (const { rule, what, pattern } of TARGETS) {
    pattern.lastIndex = 0;
    for (let match = pattern.exec(folded); match !== null; match = pattern.exec(folded)) {
      if (!isAskedFor(folded, match.index, match[0], rule)) continue;
      return {
        effect: 'deny',
        rule,
        reason: `This asks to build ${what}, which I do not do. ${REASONS}`,
        findings: [match[0].slice(0, 100)],
      };
    }
  }
  return { effect: 'allow', rule: 'request.none', reason: '', findings: [] };
}

/** Whether the sentence up to the target asks for the target itself. */
function isAskedFor(text: string, at: number, target: string, rule: string): boolean {
  const before = text.slice(Math.max(0, at - LOOK_BACK), at);
  const sentence = before.slice(
    Math.max(...['. ', '! ', '? ', '\n', '; '].map((end) => before.lastIndexOf(end) + end.length - 1), 0),
  );
  const after = text.slice(at + target.length, at + target.length + 60);
  if (DEFUSED.test(after) || HARMLESS.test(text.slice(Math.max(0, at - 20), at + target.length + 40))) return false;
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
  // Stealing and evading are verbs themselves.
  const ordered = VERBAL.includes(rule) && ORDERED.test(sentence);
  return (asked || ordered) && !EXPLAINING.test(sentence);
}

const isNegated = (before: string): boolean =>
  /\b(?:not|never|don't|do not|won't|cannot|can't|without|nicht|nie|kein\w*|ne|jamais|no|nunca|non)\s(?:\w+\s)?$/.test(
    before,
  );
