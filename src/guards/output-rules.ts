import { MALWARE_RULES } from './output-malware.js';
import { type OutputRule, rule } from './output-rule.js';

const SHELL = String.raw`(?:(?:/usr)?/bin/)?(?:ba|z|da|k|c|a)?sh\b|cmd(?:\.exe)?\b|powershell(?:\.exe)?\b|pwsh\b`;
const RUNS_SHELL = new RegExp(
  String.raw`(?:subprocess\.\w+|os\.(?:system|popen|exec\w+|spawn\w+)|pty\.spawn|exec\w*|spawn\w*|system|IO\.popen|popen|proc_open|shell_exec|passthru|start_process|processbuilder|command(?:::new|\.new)?|process\.start|createprocess\w?|winexec|startprocess|filename\s*=)\s*[!(]?\s*[\[({]?\s*(?:"|'|\x60|new\s+string\[\]\s*\{\s*"|&\[?")?(?:${SHELL})`,
  'i',
);
const DUPLICATES =
  /\bdup2\s*\(|\[\s*:in\s*,\s*:out|std(?:in|out)_behavior|UseHandle|redirectErrorStream\(true\)|\.copyTo\(|STDIN->fdopen|exec\s+sprintf|stdin\.write(?:ln)?\(|output:\s*Process|>&\s?\$REPLY|\bdup2\b[^;\n]{0,40}[012]|open\s*\(\s*STD(?:IN|OUT)\s*,|>&\s*(?:\$?\w*sock\w*|S\b)|\.pipe\(\s*\w+\.stdin|\.stdout\.pipe\(|stdin\s*=\s*\w*(?:s|sock|conn|client)\w*(?:\.fileno|,|\))|std(?:in|out|err)\((?:s|sock|stream|conn|unsafe)|hStdInput\s*=|\$stdin\.reopen|cmd\.std(?:in|out)\s*=\s*\w*(?:conn|c|sock)\b|redirectstandardinput\s*=\s*true|\.Std(?:in|out|err)\s*=\s*\w+/i;
const CONNECTS =
  /\bsocket\b[\s\S]{0,400}?\bconnect\s*\(|\.connect(?:_ex)?\s*\(\s*\(?|net\.(?:connect|createConnection|Socket|Dial)|TCPSocket\.(?:new|open)|fsockopen\s*\(|pfsockopen|stream_socket_client|socket_connect|tcpclient|new\s+Socket\s*\(|TcpStream::connect|io\.open_connection|asyncio\.open_connection|create_connection\s*\(|IO::Socket::INET|inet_aton|socket\.tcp\(|\/inet\/tcp\/|\[socket\s+\S{1,60}\s+\S{1,10}\]|tcpConnectToHost|Network\.Socket\b|java\.net\.Socket\(|new\s+WebSocket\s*\(|\bztcp\b/i;

export const OUTPUT_RULES: readonly OutputRule[] = [
  // Reverse and bind shells, web shells.
  rule('reverse-shell', 'opens a shell to another machine', [
    /\/dev\/(?:tcp|udp)\/[^\s/'"]{1,200}\/[^\s'"]{1,20}/,
    /\b(?:ba|z|k|da)?sh\s+-i\b|\bexec\s+\d{1,3}<>|0?<&\s?\d|>&\s?(?:\/dev\/tcp|\d{1,3}\b)|0>&1|\|\s*(?:ba|z|da)?sh\b|while\s+read/,
  ]),
  rule('reverse-shell', 'opens a shell to another machine', [
    /\b(?:nc|ncat|netcat|nc\.traditional|nc\.openbsd|busybox nc)\b[^\n|]{0,200}\s(?:-[a-z]{0,8}[ec]\s+|--(?:sh-)?exec[\s=])["']?(?:\/\w+)*\/?(?:ba|z|da|k|a)?(?:sh|cmd|powershell)\b/i,
  ]),
  rule('reverse-shell', 'opens a shell to another machine', [
    /\bmkn?o?d?fifo\b|\bmknod\b[^\n]{0,60}\sp\b/,
    /\b(?:nc|ncat|netcat|telnet|openssl\s+s_client|socat)\b/,
    /\b(?:ba|z|da|k)?sh\s+(?:-i\b|[0-9]?<)|\|\s*(?:\/bin\/)?(?:ba|z|da|k)?sh\b/,
  ]),
  rule('reverse-shell', 'opens a shell to another machine', [
    /\bopenssl\s+s_client\b[^\n|]{0,200}\|\s*(?:\/bin\/)?(?:ba|z|da|k)?sh\b|\bztcp\s+\S{1,100}\s+\d{1,5}[^\n]{0,60}\bz?sh\b/,
  ]),
  rule('reverse-shell', 'opens a shell to another machine', [
    /\bsocat\b[^\n]{0,200}\b(?:exec|system):["']?[^\s,]{0,40}sh\b/i,
    /\bsocat\b[^\n]{0,300}\b(?:tcp|openssl|udp|ssl)[46]?(?:-connect|-listen)?:/i,
  ]),
  rule('reverse-shell', 'opens a shell to another machine', [
    /\b(?:telnet|nc|ncat)\s+[^\s|]{1,100}\s+\d{1,5}\s*\|\s*(?:\/bin\/)?(?:ba|z|da)?sh\b/,
  ]),
  rule('reverse-shell', 'opens a shell to another machine', [CONNECTS, RUNS_SHELL, DUPLICATES]),
  rule('reverse-shell', 'opens a shell to another machine', [
    CONNECTS,
    /pty\.spawn\s*\(|\bdup2\s*\([^)]{0,60}\b0\s*\)[\s\S]{0,400}\bdup2\s*\([^)]{0,60}\b1\s*\)/,
  ]),
  rule('reverse-shell', 'opens a shell to another machine', [
    /fsockopen\s*\(|pfsockopen\s*\(/,
    /\b(?:exec|shell_exec|system|passthru|popen|proc_open)\s*\(\s*["'`]?(?:\/bin\/)?(?:ba)?sh\b|`(?:\/bin\/)?(?:ba)?sh\s+-i/,
  ]),
  rule('reverse-shell', 'opens a shell to another machine', [
    /\.recv\w*\s*\(|\.readline\s*\(|\.receive\b|:receive\s*\(|\.recvLine\b|on\(\s*['"](?:data|message)['"]|\bgets\s+\$|while\s*<>|while\s*\([^\n]{0,60}gets|\.GetStream\(\)|ReadLine\(\)|while\s+[^\n]{0,60}gets|\.read_line|bufio\.NewReader\(\s*c/i,
    CONNECTS,
    /create_subprocess_shell\s*\(\s*\w|\bPopen\s*\(\s*(?:cmd|command|data|c|line|buf|msg)\b|\bexec\w*\s*\(\s*(?:m|msg|message|data|cmd)(?:\.\w+\(\))?\s*,|io\.popen\s*\(\s*\w{1,12}\s*,|:os\.cmd\s*\(|execProcess\s*\(\s*\w|eval\s+\$\w|system\s*\$_|Process\.new\("(?:ba)?sh"|IO\.popen\s*\(?\s*(?:cmd|line|command|data)|subprocess\.(?:run|popen|check_output|getoutput|call)\s*\(\s*(?:cmd|command|data|c|line|buf|msg|\w*cmd\w*|\w*command\w*|\w*data\w*)\b|os\.(?:popen|system)\s*\(\s*\w{1,20}|exec(?:Sync)?\s*\(\s*(?:data|cmd|command|d|chunk|msg|line)\b|\biex\b|invoke-expression|exec\.Command\(\s*"(?:\/bin\/)?(?:ba)?(?:sh|cmd)"\s*,|getRuntime\(\)\.exec\(\s*\w+\s*\)/i,
  ]),
  rule('reverse-shell', 'opens a shell to another machine', [
    /net\.sockets\.tcpclient|system\.net\.sockets/i,
    /\biex\b|invoke-expression|cmd\.exe|getstream\(\)/i,
    /powershell|new-object|\$\w+/i,
  ]),
  rule('reverse-shell', 'opens a shell to another machine', [
    /\bmeterpreter\b|msfvenom\b|reverse_tcp\b|reverse_https?\b|shell_reverse/i,
    /-p\s|payload|LHOST|lport|exploit\b|handler/i,
  ]),
  rule('reverse-shell', 'opens a shell to another machine', [/\bawk\b[^\n]{0,60}\/inet\/tcp\//, /getline|\|&/]),
  rule('reverse-shell', 'opens a shell to another machine', [
    /\b(?:xterm\s+-display|ssh\s+[^\n]{0,120}-R\s*\d{2,5}:(?:localhost|127\.0\.0\.1):22\b)/,
    /nohup|-fN|-N\b|autossh|while|-display|-o\s*StrictHostKeyChecking=no/i,
  ]),
  rule('reverse-shell', 'takes orders from another machine and runs them', [
    /requests\.get|urlopen|fetch\s*\(|\bcurl\b|http\.[Gg]et|irc\.bot|\bon_privmsg\b|fsockopen|websocket/i,
    /(?:subprocess\.\w+|os\.(?:popen|system)|\bexec(?:Sync)?|shell_exec|getoutput|check_output)\s*\(\s*(?:cmd|c|command|task|order|\$c|\$cmd|\w{1,12}\.arguments|data|text)\b|\beval\s+["']?\$\{?(?:c|cmd|command|task)\b/,
    /requests\.post|method:\s*['"]POST|\bcurl\b[^\n]{0,80}\s(?:-d|--data)|\.privmsg\s*\(|fwrite\s*\(\s*\$s|\.send\s*\(/,
    /while\b|set(?:Interval|Timeout)|schedule|on_privmsg|sleep|\.on\s*\(/,
  ]),
  rule('bind-shell', 'opens a shell for whoever connects', [
    /\bbind\s*\([^\n]{0,200}\blisten\s*\(|\blisten\s*\(/,
    /\baccept\s*\(/,
    /\bdup2\s*\(/,
    /\bexec[lv]p?e?\s*\([^\n)]{0,40}sh\b/,
  ]),
  rule('bind-shell', 'opens a shell for whoever connects', [
    /\b(?:nc|ncat|netcat)\b[^\n|]{0,60}\s-[a-z]{0,6}l[a-z]{0,6}\b/,
    /\s-[a-z]{0,6}[ec]\s+["']?(?:\/bin\/)?(?:ba|z|da)?sh|\|\s*(?:\/bin\/)?(?:ba|z|da)?sh\b[^\n]{0,40}\|\s*(?:nc|ncat)/,
  ]),
  rule('bind-shell', 'opens a shell for whoever connects', [
    /\.(?:listen|bind)\s*\(|net\.(?:createServer|Listen)|TCPServer\.new|ServerSocket|TcpListener/i,
    /\.accept\s*\(|createServer\s*\(|Accept\w*\(\)/i,
    RUNS_SHELL,
    DUPLICATES,
  ]),
  rule('web-shell', 'runs what a web request says', [
    /\$\w{1,30}\s*\(\s*@?\$_(?:GET|POST|REQUEST|COOKIE)\s*\[|`[^`\n]{0,40}#\{\s*params\[/,
  ]),
  rule('web-shell', 'runs what a web request says', [
    /\b(?:eval|assert|system|exec|shell_exec|passthru|popen|proc_open|create_function|preg_replace|include|call_user_func\w*|array_map)\s*\(\s*[^;\n]{0,80}\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)\b|`\s*\$_(?:GET|POST|REQUEST)/,
  ]),
  rule('web-shell', 'runs what a web request says', [
    /getRuntime\(\)\s*\.exec\(\s*request\.getParameter|ProcessBuilder\(\s*request\.getParameter|eval\s*\(?\s*request(?:\.item|\.form|\.querystring)?\s*[[(]|Process\.Start\([^)]{0,80}Request|exec\w*\(\s*req\.(?:query|body|params)\.\w+|os\.(?:system|popen)\(\s*request\.(?:args|form|values|GET|POST)|subprocess\.\w+\(\s*request\.(?:args|form|values)/i,
  ]),
  rule('web-shell', 'runs what a web request says', [
    /\b(?:exec\w*|spawn\w*|system|popen|eval|check_output|getoutput|run)\s*\([^;\n]{0,80}(?:searchParams\.get|req(?:uest)?\.(?:query|body|params|args|form|values|GET|POST)\b|params\[\s*:?['"]?cmd)/,
  ]),
  // Miners.
  rule('miner', 'mines coins', [/stratum(?:\+(?:tcp|ssl|tls|udp))?:\/\//i]),
  rule('miner', 'mines coins', [
    /\b(?:xmrig|xmr-stak|minerd|cpuminer|ccminer|cgminer|bfgminer|ethminer|nbminer|t-rex|phoenixminer|lolminer|gminer|claymore|nanominer|srbminer|teamredminer|kawpowminer|rigel|wildrig|moneroocean|c3pool|nicehash|hellminer|kinsing|kdevtmpfsi|bminer|nheqminer|wolf-?miner)\b/i,
    /\s-(?:o|u|a|-url|-user|-algo|-pool|-wallet|-coin|-donate-level|-cpu)\b|--(?:url|algo|pool|wallet|coin|donate-level|user|config|background|cpu-max|threads)\b|"?pools?"?\s*[:=]|wallet|nohup|&\s*$|setsid|chmod\s+\+?\d?x|systemctl|curl|wget|spawn|subprocess|exec|ExecStart|crontab|download|\.\/xmrig/im,
  ]),
  rule('miner', 'mines coins', [
    /\b(?:coinhive|cryptoloot|crypto-loot|coin-?imp|jsecoin|webminepool|deepminer|minero\.cc|authedmine|monerominer|webmr|coinpot|cryptonoter|perfektstart)\b/i,
    /new\s+\w+(?:\.\w+)?\s*\(|<script|\.start\s*\(|importScripts|\.min\.js/i,
  ]),
  rule('miner', 'mines coins', [
    /\b(?:randomx|cryptonight(?:-\w+)?|cn\/r|rx\/0|ethash|kawpow|etchash|yescrypt|argon2id_chukwa|ghostrider)\b/i,
    /\b4[0-9AB][1-9A-HJ-NP-Za-km-z]{80,110}\b|pool\.\w|:(?:3333|4444|5555|7777|14444|45700|9999|10128|20128)\b|wallet|mining\.(?:subscribe|authorize|submit|notify)/i,
  ]),
  rule('miner', 'mines coins', [
    /mining\.(?:subscribe|authorize|submit|notify)/,
    /socket|connect|net\.|hashlib|sha256|scrypt/i,
  ]),
  rule('miner', 'mines coins', [
    /\b(?:minexmr|supportxmr|nanopool|moneroocean|2miners|f2pool|ethermine|hashvault|herominers|dwarfpool|minergate|unmineable|c3pool|xmrpool|viabtc|antpool|poolin|flypool|slushpool|nicehash)\.(?:com|org|stream|net|pro|eu|io|st)\b/i,
    /:\d{3,5}|wallet|--|user|pass|worker|curl|config/i,
  ]),
  // Keyloggers.
  rule(
    'keylogger',
    'records key strokes',
    [
      /\bpynput\b|\bkeyboard\.(?:on_press|on_release|hook|record|read_event|start_recording)|\bpyxhook\b|pyHook\b|\bkeyboard\.Listener\b|import\s+keyboard\b/,
      /on_press\s*=|keyboard\.(?:on_press|on_release|hook|record|read_event|start_recording)|KeyDown\s*=|HookKeyboard|Listener\s*\(/,
      /open\s*\([^)]{0,120}['"](?:a|w|ab|wb|a\+)['"]|logging\.|requests\.|smtplib|urllib|socket|\.write\s*\(|\.append\s*\(|sendmail|webhook|\.send\w*\(|\+=\s*(?:str\(|f?['"]|key|k\b)|ftplib|http\.client/,
    ],
    [/GlobalHotKeys\s*\(/],
  ),
  rule('keylogger', 'records key strokes', [
    /GetAsyncKeyState|SetWindowsHookEx\w?[\s\S]{0,80}(?:WH_KEYBOARD(?:_LL)?|\b13\b)|GetKeyboardState|RegisterRawInputDevices|WH_KEYBOARD_LL/,
    /fopen|ofstream|fprintf|WriteFile|fputs|Out-File|Add-Content|AppendAllText|StreamWriter|File\.|open\(|log|send|append|>>|winhttp|buffer|\bwrite/i,
  ]),
  rule('keylogger', 'records key strokes', [
    /\/dev\/input\/(?:event\d*|by-(?:id|path))|\bevdev\b|\bEV_KEY\b|\binput_event\b/,
    /read_loop\s*\(|categorize\s*\(|KEY_|struct\s+input_event|\.read\s*\(|\bread\s*\(|\bcat\b|\bxxd\b|\bhexdump\b|\bod\b|\bdd\b/,
    /open\s*\([^)]{0,120}['"](?:a|w|ab|wb)|fopen|fprintf|\.write\s*\(|>>?\s*\S|send|log|requests|socket|append|nohup|tee\b|\|\s*(?:nc|ncat|curl|ssh|socat)\b/i,
  ]),
  rule('keylogger', 'records key strokes', [
    /\bxinput\s+(?:--)?test(?:-xi2)?\b|\blogkeys\b\s+(?:-s|--start)|\bshowkey\b|\bxspy\b|\bxev\b|\buberkey\b|\blkl\b\s/,
    />>?\s*\S|\|\s*\S|nohup|-s\b|--start|&\s*$|while|tee/m,
  ]),
  rule('keylogger', 'records key strokes', [
    /addEventListener\s*\(\s*['"]key(?:down|up|press)['"]|on?key(?:down|up|press)\s*=|\.on\s*\(\s*['"]key(?:down|up|press)/i,
    /(?:\+=|\.push\s*\(|=\s*\w+\s*\+|concat\()\s*[^;\n]{0,60}\b(?:e|ev|evt|event|k|key)\.?(?:key|which|keyCode|code|charCode)?\b|String\.fromCharCode\([^)]{0,40}(?:which|keyCode)|[?&]\w{1,10}=['"]?\s*\+\s*(?:encodeURIComponent\()?\s*(?:e|ev|evt|event)\.key|JSON\.stringify\([^)]{0,80}\.key\b|body:\s*(?:e|ev|evt|event)\.key/,
    /fetch\s*\(\s*['"`]https?:|sendBeacon\s*\(|new\s+Image\s*\(|XMLHttpRequest|\.src\s*=\s*['"`]https?:|new\s+WebSocket\s*\(|axios\.(?:post|get)|\$\.(?:post|get|ajax)/,
  ]),
  rule('keylogger', 'records key strokes', [
    /\b(?:iohook|node-global-key-listener|GlobalKeyboardListener|uiohook-napi|uIOhook|global-keypress|rdev::listen|device_query|robotgo|gohook|hook\.Start|CGEventTapCreate|addGlobalMonitorForEvents|NativeKeyListener|GlobalScreen\.registerNativeHook|XRecordCreateContext|XQueryKeymap)\b/,
    /append|write|send|post|log|fetch|File|http|fs\./i,
  ]),
  rule('keylogger', 'records key strokes', [
    /\bstrace\b[^\n]{0,120}\s-p\s*[^\n]{0,60}(?:ssh|su\b|login|passwd|bash)[^\n]{0,120}\bread\b/,
  ]),
  rule('keylogger', 'records key strokes', [
    /CGEvent\.tapCreate|rdev::\{?[^}\n]{0,80}\blisten\b/,
    /keyDown|KeyPress|flagsChanged/,
    /\/tmp\/|append|write|log|send|post/i,
  ]),
  rule('keylogger', 'records key strokes', [
    /AccessibilityService/,
    /TYPE_VIEW_TEXT_CHANGED/,
    /https?:\/\/|HttpURLConnection|OkHttp|openConnection|FileOutputStream|SmsManager/,
  ]),
  // What steals logins is no better than what records them.
  rule('credential-theft', 'steals saved logins', [
    /Login Data|logins\.json|key4\.db|cookies\.sqlite|Local State|\/etc\/shadow|mimikatz|sekurlsa|lsass\.dmp|\.ssh\/id_(?:rsa|ed25519)|wallet\.dat|keychain-db|\.aws\/credentials|Network\/Cookies/,
    /requests\.(?:post|put)|curl\s[^\n]{0,200}(?:-d|-F|--data|-T|--upload-file)|webhook|urlopen|smtplib|sendmail|fetch\s*\(|\bnc\b\s|scp\s|ftp|api\.telegram\.org|discord(?:app)?\.com\/api\/webhooks|Invoke-(?:WebRequest|RestMethod)|lsadump|sekurlsa::|http\.post/i,
  ]),
  // Persistence.
  rule(
    'persistence',
    'makes itself come back after a restart',
    [
      /\bcrontab\b|\/etc\/cron|\/var\/spool\/cron|@reboot|\*\/?\d*\s+\*\s+\*\s+\*\s+\*/,
      /(?:curl|wget|fetch)\b[^\n]{0,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|\/dev\/tcp\/|\b(?:nc|ncat|netcat)\b[^\n]{0,80}\s-[a-z]{0,4}e\b|base64\s+(?:-d|--decode)|(?:\s|["'=])\/(?:tmp|var\/tmp|dev\/shm)\/\S|\/\.[a-z][\w-]{0,40}(?:\/|\s|$)(?!ssh|git|config|local|cache|venv|nvm|bashrc|profile)|python3?\s+-c|perl\s+-e|xmrig|\/root\/\.\w/im,
    ],
    [/logrotate|certbot|apt-get update|backup\.sh|pg_dump|rsync/],
  ),
  rule('persistence', 'makes itself come back after a restart', [
    /\[Service\]|ExecStart(?:Pre|Post)?\s*=/,
    /ExecStart(?:Pre|Post)?\s*=\s*-?(?:[^\n]{0,200}(?:\/dev\/tcp\/|\/(?:tmp|var\/tmp|dev\/shm)\/|\bcurl\b[^\n]{0,200}\|\s*(?:ba)?sh|\bwget\b[^\n]{0,200}\|\s*(?:ba)?sh|base64\s+-d|\b(?:nc|ncat)\b[^\n]{0,80}\s-[a-z]{0,4}e|bash\s+-i|xmrig|python3?\s+-c|\/\.[a-z]\w{0,40}(?:\/|\s|$)))/im,
  ]),
  rule('persistence', 'makes itself come back after a restart', [
    /(?:>>?|tee\s+-a|appendFile\w*\(|open\()\s*["'(]?[^\n;]{0,60}(?:\.bashrc|\.bash_profile|\.profile|\.zshrc|\/etc\/profile|rc\.local|\.xinitrc|autostart|\.config\/fish)/,
    /\/dev\/tcp\/|curl\b[^\n]{0,200}\|\s*(?:ba|z|da)?sh|wget\b[^\n]{0,200}\|\s*(?:ba)?sh|\bnohup\b|\(\s*\/\S+\s*&\s*\)|base64\s+(?:-d|--decode)|alias\s+sudo=|LD_PRELOAD=|PROMPT_COMMAND=|\btrap\b[^\n]{0,60}DEBUG|\/(?:tmp|var\/tmp|dev\/shm)\/\S+|\/\.[a-z]\w{0,30}(?:\s*&|\/\w+\s*&)|disown|python3?\s+-c|\b(?:nc|ncat)\s+-/,
  ]),
  rule('persistence', 'lets a new key log in', [
    /(?:>>?|tee\s+(?:-a\s+)?|appendFile\w*\(|open\s*\(|write_text|writeFile\w*\(|os\.path\.expanduser|Path)[^\n]{0,120}authorized_keys/,
    /ssh-(?:rsa|ed25519|dss)\s+AAAA|ecdsa-sha2-\S+\s+AAAA|(?:ssh-(?:rsa|ed25519)|ecdsa-sha2\S*)\s|curl|wget|\$\w*(?:key|KEY|pub)|pub_?key/,
  ]),
  rule('persistence', 'opens root to others', [
    /NOPASSWD\s*:\s*ALL/,
    /(?:>>?|tee\b|visudo|sed\s+-i|open\s*\(|writeFile|appendFile|cp\b|install\b)[^\n]{0,200}sudoers|sudoers[^\n]{0,80}(?:<<|>>)/,
  ]),
  rule('persistence', 'opens root to others', [
    /\binstall\s+[^\n]{0,40}-m\s*0?[4-7][0-7]{3}\s+\S{0,60}sh\b|\bchmod\b\s+(?:[ugoa]*\+[rwx]*s\w*|[0-7]?[4-7][0-7]{3})\s+\S*(?:\/(?:ba|da|z|k)?sh\b|\/(?:find|vim?|python\d*|perl|nmap|cp|env|awk|less|more|nano)\b|\/tmp\/|\/dev\/shm\/|\/\.)/,
  ]),
  rule('persistence', 'opens root to others', [
    /\buseradd\b[^\n]{0,120}(?:-o\s+[^\n]{0,40}-u\s*0|-u\s*0\s+[^\n]{0,40}-o|--non-unique)|\becho\s+["']?\w+:[^:\n]{0,120}:0:0:[^\n]{0,80}>>\s*\/etc\/passwd|usermod\s+[^\n]{0,60}-u\s*0\b/,
  ]),
  rule('persistence', 'loads itself into every program', [
    /(?:>>?|tee\s+(?:-a\s+)?|cp\s[^\n]{0,100}|open\s*\(|writeFile\w*\()\s*["']?\/etc\/ld\.so\.preload|LD_PRELOAD\s*=\s*["']?\/(?:tmp|var\/tmp|dev\/shm|[^\s"']*\/\.)/,
  ]),
  rule('persistence', 'loads itself into every program', [
    /pam_exec\.so|PAM_EXTERN|pam_sm_authenticate/,
    /\/tmp\/|curl|wget|\/dev\/tcp|return\s+PAM_SUCCESS|fopen|expose_authtok|strcmp/,
  ]),
  rule('persistence', 'makes itself come back after a restart', [
    /\.git\/hooks\/|core\.hooksPath|post-(?:checkout|merge|commit)|pre-(?:commit|push)/,
    /curl\b[^\n]{0,200}\|\s*(?:ba)?sh|wget\b[^\n]{0,200}\|\s*(?:ba)?sh|\/dev\/tcp\/|\b(?:nc|ncat)\b[^\n]{0,60}\s-[a-z]{0,4}e\b|base64\s+-d[^\n]{0,40}\|\s*(?:ba)?sh/,
  ]),
  rule('persistence', 'makes itself come back after a restart', [
    /CurrentVersion\\{1,4}Run(?:Once)?\b|HKCU:?\\[^\n]{0,80}\\Run\b/i,
    /reg(?:\.exe)?\s+add|Set-ItemProperty|New-ItemProperty|RegSetValueEx|winreg\.SetValueEx|SetValue\s*\(|RegCreateKey/i,
  ]),
  rule('persistence', 'makes itself come back after a restart', [
    /schtasks(?:\.exe)?\s+\/create|New-ScheduledTask|Register-ScheduledTask/i,
    /onlogon|onstart|onidle|AtLogOn|AtStartup|\/ru\s+["']?system|appdata|\\temp\\|-enc\b|-w(?:indowstyle)?\s+hidden|\/sc\s+minute|powershell/i,
  ]),
  rule('persistence', 'makes itself come back after a restart', [
    /Start Menu\\{1,4}Programs\\{1,4}Startup|shell:startup|\\Startup\\/i,
    /copy|move|CreateShortcut|shutil|Copy-Item|WriteAllBytes|>\s*"|open\s*\(/i,
  ]),
  rule('persistence', 'makes itself come back after a restart', [
    /<key>RunAtLoad<\/key>\s*<true\/>|LaunchAgents|LaunchDaemons/,
    /\/(?:tmp|private\/tmp|var\/tmp|Users\/Shared)\/|curl[^\n]{0,200}\|\s*(?:ba)?sh|\/dev\/tcp|\/\.[a-z]\w{0,40}|base64|osascript|python3?\s*<\/string>\s*<string>-c|bash\s+-i/,
  ]),
  rule('persistence', 'makes itself come back after a restart', [
    /\bRUN\+?="[^"\n]{0,200}(?:\/tmp\/|\/dev\/shm\/|curl|wget|nc\s|bash\s+-c|\/\.\w)/,
  ]),
  rule('persistence', 'makes itself come back after a restart', [
    /autostart\/[^\n]{0,60}\.desktop|\[Desktop Entry\]/,
    /^Exec\s*=\s*[^\n]{0,200}(?:\/tmp\/|\/dev\/shm\/|curl|wget|\/dev\/tcp|\bnc\s|base64|\/\.[a-z]\w{0,30}(?:\/|\s|$)|bash\s+-[ic]\s)/im,
  ]),
  rule('persistence', 'makes itself come back after a restart', [
    /update-rc\.d|rc\.local|\/etc\/init\.d\/|chkconfig\s+--add|systemctl\s+(?:--user\s+)?enable/,
    /\/(?:tmp|var\/tmp|dev\/shm)\/\.?\w|\/\.[a-z]\w{0,30}\/|\/dev\/tcp\/|curl\b[^\n]{0,200}\|\s*(?:ba)?sh|xmrig|base64\s+-d/,
  ]),
  ...MALWARE_RULES,
  rule('hidden-process', 'hides what it runs', [
    /exec\s+-a\s+["']?\[|prctl\s*\(\s*PR_SET_NAME[^)]{0,40}"\[?k?worker|setproctitle\s*\(\s*["']\[|mount\s+(?:--bind|-o\s+bind)\s+\S+\s+\/proc\/\$?\w+/,
  ]),
];
