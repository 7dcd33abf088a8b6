/**
 * Things that are made to harm and acts that do: what a request must ask for to be declined (GUARD-7). Patterns over folded
 * text (lower case, no accents), as data; each is linear: bounded repetitions only.
 */
export interface Target {
  readonly rule: string;
  readonly what: string;
  readonly pattern: RegExp;
  /** It is an act and needs no verb of making. */
  readonly act: boolean;
}

/** Things that are made to harm; English, then German, French, Spanish, Italian, Portuguese, Dutch. Accents are folded. */
export const TARGETS: readonly Target[] = [
  {
    rule: 'request.malware',
    what: 'malware',
    act: false,
    pattern:
      /\b(?:ransom-?ware|ransomware[- ]\w+|malware|scareware|fake anti-?virus(?: \w+)?|key-?loggers?|hidden vnc|hvnc|(?:uefi|bios|firmware|kernel) implants?|worms? (?:for|on|over) (?:whatsapp|facebook|windows|linux|android|usb|e-?mail|discord|mac\w*)|(?:crypto|wallet|info|session|data|cookie|password|token)? ?stealers?|mimikatz|keystroke logger|trojans?|trojan horse|rootkits?|bootkits?|bot-?nets?|spyware|stalkerware|adware|info-?stealers?|(?:password|token|cookie|credential|wallet|session)[- ](?:stealer|grabber|logger)s?|wiper|logic bombs?|computer virus(?:es)?|virus(?:es)?|(?:computer|network|usb|email) worms?|self[- ]replicating (?:program|code|script|worm)s?|worm that|remote access tro?jan|rats? (?:with (?:\w+ ){0,2}(?:webcam|camera|keylog\w*|persistence|remote|screen|c2)|that|for (?:windows|android|linux|mac\w*)|client|server|payload)|backdoors?|droppers?|crypto-?jack\w*|hidden (?:crypto )?miner|miner that runs (?:hidden|silently)|c2 (?:server|framework|beacon)|command[- ]and[- ]control (?:server|panel)|zip bomb|fork bomb|clipper|ddos(?:ing)? (?:tool|bot|script|attack)|(?:denial[- ]of[- ]service|dos) (?:attack|tool|script)|(?:syn|udp|icmp|http|ping|tcp) flood(?:er|ing|s)?(?: tool| attack| script)?|flooder|sim[- ]swap(?:ping)?(?: \w+)?|jackpotting|carding (?:bot|tool|site|script|shop)|trojani[sz]ed|backdoored|ransom notes?|infects? (?:other |all |the )?(?:machines|computers|hosts|devices|systems|executables|exe files)|booter|schadsoftware|schadprogramm\w*|erpressungs\w+|trojaner\w*|hintertur\w*|wurm|logiciels? (?:malveillants?|espions?)|rancongiciels?|cheval de troie|porte derobee|enregistreur de frappe|programa (?:malicioso|espia)|software malicioso|codigo malicioso|troyanos?|gusano|puerta trasera|registrador de teclas|software malevolo|cavallo di troia|virus informatico|gijzelsoftware|kwaadaardige software|schadelijke software)\b/g,
  },
  {
    rule: 'request.exploit',
    what: 'an attack tool',
    act: false,
    pattern:
      /\b(?:(?:working |zero-?day |0-?day |remote |kernel |privilege escalation |buffer overflow |rce |poc )?exploits?(?: code| chain| kit| script)?|shellcode|reverse[- ]shells?|bind[- ]shells?|web[- ]?shells?|meterpreter(?: payload)?|malicious (?:\w+ ){0,2}(?:payload|firmware|driver|update|link|website|usb|image|qr code|excel|word|spreadsheet|macro|document|pdf|package|script|code|app|apk|extension|attachment|program|software)s?|(?:msfvenom|metasploit|reverse tcp|cobalt strike) payloads?|sql injection (?:attack|payload)s?|xss payloads?|attack (?:script|tool|code)s?|brute[- ]?forc(?:er|e attack|e script|e tool|ing tool|ing script)|password[- ]spray(?:er|ing)?(?: \w+)?|evil twin(?: \w+)?|rogue access point|dll injector|process (?:hollowing|injection)|credential stuffing(?: bot| script| tool)?|supply[- ]chain attack|deauth(?:er|entication)?(?: attack| tool)?|arp spoof\w*|angriffs(?:skript|werkzeug|code)\w*|schadcode|bosartig\w+ (?:makro|code|skript|paket)\w*|code d'exploitation|charge malveillante|macro malveillante|script d'attaque|macro maliciosa|carga maliciosa|script de ataque|codice malevolo)\b/g,
  },
  {
    rule: 'request.phishing',
    what: 'phishing',
    act: false,
    pattern:
      /\b(?:(?:spear[- ]?)?phishing(?:[- ](?:e-?mails?|mails?|pages?|sites?|websites?|kits?|campaigns?|messages?|sms|text|letter|link|template|form|seite|nachricht|kampagne))?|smishing\w*|vishing\w*|(?:fake|cloned?|spoofed|look-?alike|bogus|fraudulent|counterfeit) (?:\w+ ){0,3}(?:login|log-in|sign-?in|bank|banking|paypal|microsoft|google|office|payment|e-?mail|mail|website|site|page|invoice)s?(?: (?:page|form|site|screen|portal|website))?|login page (?:that looks|which looks|identical|to trick|to steal|to capture)|scam(?:my)? (?:website|e-?mail|message|page|site|script)s?|(?:gefalschte|falsche|nachgemachte|tauschend echte) (?:\w+[- ]?){0,2}(?:seite|anmeldeseite|login-?seite|mail|e-mail|webseite|website|anmeldung|rechnung)|betrugs\w*mail|(?:fausse|faux) (?:pages?|sites?|e-?mails?|mail|formulaire)(?: de connexion| bancaire)?|hameconnage|(?:pagina|sitio|web|correo|formulario) (?:falsa|falso)(?: de \w+)?|(?:pagina|sito|mail) (?:falsa|falso)|pagina de login falsa|valse (?:login|inlog)\w*)\b/g,
  },
  {
    rule: 'request.credentials',
    what: 'the theft of credentials',
    act: false,
    pattern:
      /\b(?:credential[- ]harvest\w*|harvest(?:s|ing|er)? (?:\w+ ){0,3}(?:credentials?|passwords?|logins?|cookies|e-?mails? and passwords)|(?:steal|grab|sniff|skim|exfiltrate|intercept|swipe|siphon)(?:s|ing)? (?:\w+['s]* ){0,5}(?:passwords?|credentials?|cookies|logins?|sessions?(?: tokens?| cookies| files)?|tokens?|credit cards?|card (?:numbers?|data|details)|bank details|keystrokes|2fa codes?|one-?time codes?|private keys?|wallets?|seed phrases?|accounts?|identit(?:y|ies)|data|cards|environment variables|env vars|ssh keys|secrets|photos|messages)|(?:records?|logs?|captures?|logging|recording|capturing) (?:\w+['s]* ){0,5}keystrokes??|(?:card|web|credit card) skimmers?|magecart|(?:passworter|zugangsdaten|kennworter|anmeldedaten|cookies|kreditkartendaten|daten|kontodaten) (?:\w+ ){0,4}(?:stiehlt|stehlen|klaut|klauen|abgreift|abgreifen|abfangt|abfangen|ausspaht|ausspahen|mitschneid\w+|sammelt)|(?:vole|voler|volant|intercepter?|recupere|recuperer|derober?) (?:\w+'?\w* ){0,4}(?:mots? de passe|identifiants|cookies|cartes?|donnees)|(?:roba|robe|robar|roban|captura|capture|capturar|interceptar|intercepta) (?:\w+ ){0,4}(?:contrasenas?|credenciales|cookies|tarjetas?|datos|claves)|ruba(?:re)? (?:\w+ ){0,3}(?:password|credenziali|cookie)|roub(?:a|ar|e) (?:\w+ ){0,3}(?:senhas?|credenciais)|wachtwoorden (?:\w+ ){0,3}(?:steelt|stelen))\b/g,
  },
  {
    rule: 'request.evasion',
    what: 'a way round protection',
    act: false,
    pattern:
      /\b(?:(?:turns? off|switch(?:es)? off|deactivates?|bypass|evade|evades|evading|bypasses|bypassing|circumvent|disable|disables|kill|kills|blind|defeat|avoid|avoids|hide from|hides from|slip past|get past|get around|undetect\w+ by|not detected by|invisible to|undetectable by|undetected by|fool|trick) (?:\w+['s]* ){0,4}(?:anti-?virus|av|edr|defender|amsi|crowdstrike|endpoint (?:protection|detection)|security (?:software|tools?|scanners?)|virus ?total|malware (?:scanners?|detection)|sandbox (?:detection|analysis)|intrusion detection|ids|spam filters?|forensics?|av scanners?|(?:any |all )?detection)|(?:fully )?undetectable (?:\w+ ){0,2}(?:payload|virus|malware|exe|binary|rat|trojan|file|executable|version|build|mimikatz)|fud crypter|crypters?|direct syscalls|amsi bypass|bypass(?:es|ing)? (?:the )?(?:\w+ ){0,2}(?:2fa|mfa|two-factor|otp|captchas?)|(?:virenscanner|antivirus\w*|virenschutz|defender|erkennung) (?:\w+ ){0,4}(?:umgeht|umgehen|austrickst|austricksen|ausschaltet|deaktiviert|entgeht|nicht erkannt)|(?:contourne|contourner|echappe a|echapper a|desactive|desactiver) (?:\w+'?\w* ){0,3}(?:anti-?virus|defender|l'antivirus|detection)|(?:evada|evade|evadir|eluda|eludir|burlar?|desactiva|desactivar|saltar) (?:\w+ ){0,3}(?:anti-?virus|defender|deteccion)|aggira(?:re)? (?:\w+'?\w* ){0,2}antivirus|(?:burlar|contornar|escapar do) (?:\w+ ){0,2}antivirus)\b/g,
  },
];

/**
 * What is itself an act, in English: attacking what is somebody else's, spying in secret, luring, hiding from a scanner.
 * Asked for by a verb of making before it or as an order.
 */
const SOMEBODY = String.raw`(?:(?:my |our )(?:ex|ex-?\w+|neighbou?r|wife|husband|girlfriend|boyfriend|partner|spouse|boss|co-?worker|colleague|friend|room-?mate|flat-?mate|teacher|school|university|competitor|rival|employee|employer|landlord|sister|brother|mother|father|mom|mum|dad|son|daughter|professor|class-?mate)(?:'?s|s')?|his|her|their|someone(?: else)?'?s?|somebody(?: else)?'?s?|(?:other )?people'?s?|strangers?'?s?|(?:a|the|this|that) (?:\w+ )?(?:victim|celebrity|competitor|rival|neighbou?r|stranger|cafe|hotel)(?:'?s)?)`;
const PREY =
  '(?:accounts?|instagram|facebook|gmail|snapchat|tiktok|whatsapp|icloud|discord|roblox|steam|e-?mails?|inbox|wi-?fi|web-?sites?|site|servers?|web-?cams?|cameras?|phones?|iphone|bank|network|router|laptop|computer|database|system|systems|login)';
const act = (source: string): RegExp => new RegExp(String.raw`\b(?:${source})`, 'g');

export const ACTS: readonly Target[] = [
  {
    rule: 'request.exploit',
    what: 'an attack',
    act: true,
    pattern: act(
      [
        String.raw`hack(?:s|ing)? (?:into )?(?:\S+ ){0,2}?${SOMEBODY} `,
        String.raw`hack(?:s|ing)? (?:into )?(?:(?!my )\S+ ){0,4}?${PREY}\b`,
        String.raw`(?:break|breaks|breaking|sneak|get) into ${SOMEBODY} (?:\S+ ){0,3}?${PREY}\b`,
        String.raw`crack(?:s|ing)? (?:\S+ ){0,5}?(?:wpa2?|handshake|wi-?fi|${SOMEBODY} (?:\S+ ){0,2}passwords?|password hashes)\b`,
        String.raw`(?:take|takes|bring|brings|knock|knocks) (?:down |offline )?${SOMEBODY} (?:\S+ ){0,2}?${PREY}(?: down| offline)?`,
        String.raw`(?:take|bring|knock)s? down ${SOMEBODY} (?:\S+ ){0,2}?${PREY}`,
        String.raw`d?dos (?:this|that|the|their|his|her|my \w+'s|https?:|\d|[\w.-]+\.\w{2,})`,
        String.raw`brute[- ]?forc(?:e|es|ing) (?:the |their |his |her |an? |my |into )?(?:\S+ ){0,3}?(?:login|logins|password|passwords|ssh|rdp|ftp|pin|account|accounts|admin|panel)\b`,
        String.raw`(?:tries|try|trying|tests?) (?:\S+ ){0,5}?passwords (?:against|on|at) `,
        String.raw`sqlmap\b(?:[^.!?\n]|\.(?=\S)){0,80}\bdump`,
        String.raw`sql injection\b(?:[^.!?\n]|\.(?=\S)){0,80}\bdump`,
        String.raw`exploits? (?:the )?(?:log4shell|eternalblue|bluekeep|heartbleed|shellshock|cve-[\d-]+|vulnerabilit\w+|\S+ vulnerabilit\w+) (?:on|against|at|in) (?:https?:|\d|${SOMEBODY}|this|that|the (?:target|server|website|site|company)|[\w-]+\.\w{2,})`,
        String.raw`exploits? them\b`,
        String.raw`reads? ${SOMEBODY} (?:\S+ ){0,2}?(?:private|secret|deleted) (?:\S+ )?(?:messages|chats|e-?mails|texts|dms)`,
        'weaponi[sz]es? (?:this|that|the|a|an|my) ',
        'working attack against ',
        String.raw`(?:arp[- ])?spoof(?:s|ing)? (?:\S+ ){0,5}?(?:capture|sniff|steal|intercept|passwords)`,
        'without (?:having )?(?:authori[sz]ation|permission to (?:access|test))',
      ].join('|'),
    ),
  },
  {
    rule: 'request.malware',
    what: 'spying software',
    act: true,
    pattern: act(
      [
        String.raw`(?:secretly|covertly|stealthily) (?:\S+ ){0,2}?(?:record|captur|track|monitor|spy|spies|upload|exfiltrat|log|read|watch|listen|copy|copies|forward|photograph|film)\w*`,
        String.raw`(?:record|track|monitor|spy|spies|install|log|read|watch|listen|mine)\w*\b[^.!?\n]{0,100}?\bwithout (?:her|him|his|their|them|the (?:user|victim|owner|person|employee|visitor)(?:'?s)?|anyone|anybody)\b (?:\w+ ){0,2}?(?:know|notic|consent|permission|reali[sz])\w*`,
        String.raw`encrypt\w*\b[^.!?\n]{0,100}\b(?:ransom|demand\w* (?:payment|money|bitcoin)|pay (?:me|us)|victim)`,
        String.raw`(?:everything|whatever|all|what) (?:the )?(?:people|users?|victims?|they|he|she|someone|employees) types?\b[^.!?\n]{0,60}\b(?:send|upload|post|mail|forward)\w*`,
        String.raw`(?:delet|wip|destroy|corrupt|overwrit)\w* (?:\S+ ){0,3}?(?:system ?32|mbr|boot sector)\b`,
        String.raw`(?:delet|wip|destroy|crash|brick)\w* (?:\S+ ){0,4}?on ${SOMEBODY} (?:\S+ ){0,2}?(?:computers?|pcs?|laptop|phone|machine|mac)\b`,
        String.raw`intercepts? (?:\w+ ){0,3}?(?:sms|otps?|2fa)\b`,
        String.raw`(?:deletes?|destroys?|wipes?|corrupts?|encrypts?) (?:\S+ ){0,5}?(?:victim'?s?|(?:if|when|after) (?:i|they) (?:get|am|fire|leave)\b|of (?:my|the) (?:employer|company) )`,
      ].join('|'),
    ),
  },
  {
    rule: 'request.phishing',
    what: 'a lure',
    act: true,
    pattern: act(
      [
        String.raw`(?:clone|copy|replicate|imitate|mirror) (?:\S+ ){0,4}?log-?in (?:page|form|screen)\b[^.!?\n]{0,80}\b(?:sav|captur|collect|log|stor|steal|record|send|harvest)\w*`,
        String.raw`log-?in (?:page|form|screen)s?\b[^.!?\n]{0,50}\b(?:sends?|saves?|captures?|collects?|logs?|stores?|forwards?) (?:\S+ ){0,3}?(?:credentials|passwords?|logins?|what people type)(?: \S+){0,2} (?:to (?:me|my)|people type)`,
        String.raw`(?:mimics?|imitat\w+|impersonat\w+) [^.!?\n]{0,60}\b(?:captur|collect|steal|harvest|grab)\w*`,
        String.raw`(?:e-?mail|mail|message|sms|text|letter|dm)s?\b[^.!?\n]{0,80}?\bask(?:s|ing) (?:\S+ ){0,4}?to (?:confirm|verify|enter|update|re-?enter|provide|give|send|reply with) (?:\S+ ){0,3}?(?:passwords?|credentials|pins?|cards?|bank|account details|logins?)\b`,
        String.raw`(?:pretend\w* to (?:be|come)|posing as|pose as|impersonat\w+|looks? like (?:it(?:'?s| is| comes| came))? ?(?:from)?)\b[^.!?\n]{0,140}\b(?:credit cards?|passwords?|wire|wires|click|clicks|link|2fa|one-time|otp|verify|log-?in|card details|bank details|gift cards?|social security|ssn|malicious)\b`,
        String.raw`trick(?:s|ing)? (?:\S+ ){0,5}?into (?:\S+ )?(?:wir|pay|send|click|giv|enter|tell|reveal|transfer|install|download|shar|hand)\w*`,
        String.raw`(?:gets?|getting|persuades?|convinces?|lures?) (?:people|users?|them|victims?|employees|him|her|customers|someone|the (?:user|victim)s?) (?:to|into) (?:tell|giv|reveal|enter|click|send|hand|install|open)\w*\b[^.!?\n]{0,50}\b(?:codes?|passwords?|cards?|credentials|logins?|malicious|phishing)`,
        String.raw`(?:evilginx2?|modlishka|muraena|setoolkit|social[- ]engineer(?:ing)? toolkit|gophish|king ?phisher|zphisher)\b[^.!?\n]{0,80}\b(?:captur|steal|harvest|phish|collect|passwords?|sessions?|victims?|credentials)\w*`,
        String.raw`phish(?:es)? (?:\w+ ){0,3}?(?:colleagues|co-?workers|users|employees|customers|people|staff|clients|students|members)\b`,
        String.raw`(?:creates?|registers?|makes?) (?:\S+ ){0,3}?fake accounts\b[^.!?\n]{0,80}\b(?:spam|captcha|scam)`,
        String.raw`(?:collects?|gathers?|harvests?|asks? for|steals?) (?:\S+ ){0,3}?(?:card numbers|card details|bank details)\b[^.!?\n]{0,40}\b(?:scam|fake|victims?)`,
      ].join('|'),
    ),
  },
  {
    rule: 'request.credentials',
    what: 'the theft of credentials',
    act: true,
    pattern: act(
      [
        String.raw`(?:extract|collect|gather|pull|dump|read|export|find)s? (?:all |the |any |every |saved |stored |browser |chrome |their |his |her |user |users |people'?s ){0,4}(?:passwords|ssh keys|credentials|cookies|private keys|tokens)\b[^.!?\n]{0,80}\b(?:someone|somebody|victim|upload\w*|posts? (?:them|it)|sends? (?:them|it)|webhook|exfiltrat\w*)`,
        String.raw`(?:dump|extract|harvest)(?:s|ing)? (?:the |credentials from |hashes from |passwords from ){0,2}(?:sam|lsass|ntds)\b`,
      ].join('|'),
    ),
  },
  {
    rule: 'request.evasion',
    what: 'a way round protection',
    act: true,
    pattern: act(
      [
        String.raw`(?:payload|malware|virus|trojan|ransomware|implant|stub|shellcode|exploit|binary|backdoor|rat)\b[^.!?\n]{0,30}\bso (?:that )?(?:\S+ ){0,2}?(?:anti-?virus\w*|av|edr|defender|sandbox\w*|scanners?|virus ?total|crowdstrike)(?: engines?| software)? (?:does ?n[o']t|do ?n[o']t|can ?n[o']t|cannot|wo ?n't|will not|doesn't|don't|can't|won't|never|misses|ignores)`,
        String.raw`patch(?:es|ing)? (?:amsi|etw)\b`,
        String.raw`(?:clear|delete|wipe|erase)s? (?:\S+ ){0,3}?(?:logs|traces|tracks)\b[^.!?\n]{0,30}\b(?:after|when|once) (?:i|we|you) (?:break|hack|get|have (?:hacked|broken)|breached)`,
        String.raw`hide (?:my|the|a) (?:reverse shell|implant|backdoor|malware|payload|trojan|rootkit|miner)\b`,
        'from the blue team',
      ].join('|'),
    ),
  },
];
