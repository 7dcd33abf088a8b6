/**
 * What makes a request a weapon's order in languages whose word order is free or whose words have many endings. A sentence
 * is met by its words, wherever they stand: one of making with one target, or one of attacking with its prey, and none that
 * says it is told, taught or prevented. Stems: a word counts where it begins, in scripts without spaces anywhere.
 */
export interface Language {
  readonly makes: string;
  readonly malware: string;
  readonly phishing?: string;
  readonly credentials?: string;
  readonly evasion?: string;
  readonly attacks?: string;
  readonly prey?: string;
  readonly about: string;
}

/** Words that mean the same in every language of Latin script. */
export const EVERYWHERE = {
  malware:
    'ransomware|keylogger|spyware|stalkerware|malware|rootkit|bootkit|botnet|infostealer|shellcode|reverse shell|reverse-shell|cryptojack|backdoor',
  phishing: 'phishing|smishing|spearphishing',
};

const WORDS = {
  german: {
    makes:
      'schreib|erstell|bau|programmier|entwickl|entwirf|generier|mach |mache |brauch|gib mir|richte |starte |fuhr|verfass|formulier',
    malware:
      'schadsoftware|schadprogramm|trojaner|verschlusselungstrojaner|erpressungs|wurm|computerwurm|computervirus|virus|hintertur|exploit|ddos|denial-of-service|schadcode|spionagesoftware|tastatureingaben|tastenanschlage|heimlich auf',
    phishing:
      'phishingmail|phishingseite|gefalschte anmelde|gefalschte login|gefalschte bank|falsche anmelde|falsche login|nachgemachte|betrugsmail|enkeltrick',
    credentials:
      'passworter stiehlt|passworter klaut|passworter stehlen|zugangsdaten stiehlt|zugangsdaten abgreif|passworter abgreif|passworter ausspah|kreditkartendaten',
    evasion:
      'virenscanner umgeh|antivirus umgeh|defender umgeh|virenscanner unsichtbar|virenscannern nicht|virenscanner nicht|fur virenscanner|erkennung umgeh',
    attacks:
      'hacke |hack das|hack den|hack die|hacken|knacke |knack das|knack den|knack die|knacken|greif|uberlast|lahmleg|lege |ausspionier|uberwach heimlich',
    prey: 'konto|account|wlan|passwort von|passwort mein|passworter|handy mein|webcam|server von|seite von|seite mein|webseite|datenbank von|instagram|facebook',
    about:
      'richtlinie|leitfaden|artikel|bericht|schulung|erklar|zusammenfass|schutz|erkenn|verhinder|entfern|gegen phish|gegen schad|gegen trojan|gegen ransom|warn|vortrag|was ist|was bedeutet|wie funktion|geschichte|roman|prasentation|regel|mein eigen|meinem eigenen|meinen eigenen|vergessen|gehackt|abwehr|filter|sperr|blockier',
  },
  french: {
    makes:
      'ecri|cree |cree-|creer |creez|code un|code une|code-moi|codez|fabriqu|developp|genere |generer|programme un|programme une|programme-moi|fais |faites |construis|redig|concoi|concevoir|donne-moi|donne moi|lance |rends |prepare un|mets en place|il me faut',
    malware:
      'rancongiciel|logiciel malveillant|logiciel espion|cheval de troie|virus|porte derobee|enregistreur de frappe|attaque ddos|deni de service|code malveillant|exploit',
    phishing:
      'hameconnage|fausse page|faux site|faux mail|fausse page de connexion|faux formulaire|imite la banque|faux courriel',
    credentials:
      'vole les mots de passe|voler les mots de passe|vole des mots de passe|voler des mots de passe|recuperer les identifiants|vole les cookies|vole les identifiants',
    evasion: "contourne l'antivirus|contourner l'antivirus|indetectable|echappe a l'antivirus",
    attacks:
      'pirate le|pirate la|pirate son|pirate mon|pirate ce|pirater|piratez|hacke le|hacke la|hacke son|hacker le|hacker la|cracke le|cracke la|craque le|infiltre|espionne',
    prey: 'compte|wifi|wi-fi|telephone de|mail de|messagerie|site de|serveur de|mot de passe|instagram|facebook',
    about:
      "politique|guide|article|rapport|resume|formation|expliq|proteg|protection|detect|prevenir|prevention|supprim|contre le|contre l'|contre les|sensibilis|comment fonction|qu'est|c'est quoi|histoire|roman|presentation|regle|mon propre|mes propres|oublie|ete pirate|film|defen|alerte|signal|avert",
  },
  spanish: {
    makes:
      'escrib|crea |creame|crear |desarroll|programa un|programa una|programame|haz |hazme|genera |generame|construye|construir|disena|redacta |dame |necesito|lanza |ejecuta |ofusca|prepara |monta ',
    malware:
      'troyano|virus|gusano|puerta trasera|registrador de teclas|programa espia|software malicioso|codigo malicioso|ataque ddos|ataque de denegacion|exploit|secuestro de datos',
    phishing:
      'pagina falsa|pagina de inicio de sesion falsa|pagina de login falsa|sitio falso|web falsa|correo falso|haga pasar por|suplant|correo fraudulento',
    credentials:
      'robar contrasen|robe contrasen|roba contrasen|roba las contrasen|robar credencial|capturar contrasen|robe las contrasen|robar cookies',
    evasion:
      'evada el antivirus|evadir el antivirus|no lo detecte|eluda el antivirus|burlar el antivirus|indetectable|no sea detectado|evite el antivirus',
    attacks: 'hackea|hackear|hackeame|crackea|piratea|tumba|tira abajo|espia el|espia la|fuerza bruta',
    prey: 'cuenta|wifi|telefono de|movil de|correo de|pagina de|web de|servidor de|contrasena|instagram|facebook|whatsapp',
    about:
      'politica|guia|articulo|informe|resum|capacitacion|formacion|explic|proteg|detectar|prevenir|prevencion|elimin|contra el|contra los|contra la |sobre|acerca|que es|como funciona|historia|novela|presentacion|regla|mi propi|olvide|fue hackead|han hackeado|defen|alerta|curso|reconocer|bloque',
  },
  italian: {
    makes: 'scriv|crea |creami|svilupp|costrui|programma un|genera |dammi|lancia |prepara |realizza|fammi|offusca',
    malware:
      'virus|trojan|worm|cavallo di troia|software malevolo|codice malevolo|software spia|attacco ddos|porta di servizio|exploit',
    phishing:
      'finta pagina|pagina falsa|pagina finta|sito falso|falsa pagina|falso sito|falsa email|falsa mail|finta email',
    credentials:
      'rubare le password|ruba le password|rubi le password|rubare le credenziali|ruba le credenziali|rubare i cookie|rubare password',
    evasion:
      "aggira l'antivirus|aggirare l'antivirus|eluda l'antivirus|eluda gli antivirus|non rilevabile|non venga rilevat",
    attacks: 'hackera |hackerare|craccare|cracca |buca |spia il|spia la|forza bruta',
    prey: 'account|profilo|wifi|wi-fi|telefono di|email di|sito di|password di|instagram|facebook|server di',
    about:
      "politica|guida|articolo|rapporto|riassun|formazione|spieg|protegg|proteger|rilevare|prevenire|preven|rimuov|contro il|contro i |sul phish|sui |cos'e|che cos|come funziona|storia|romanzo|presentazione|regola|mio propr|mia propr|dimenticat|stato hackerat|difes|avviso|corso|riconoscere",
  },
  portuguese: {
    makes:
      'escrev|crie |cria |criar |desenvolv|faca |fazer|programe um|gere |construa|preciso|lance |inicie|monte um|ofusque|elabore um',
    malware:
      'virus|trojan|cavalo de troia|worm|programa malicioso|software malicioso|codigo malicioso|porta dos fundos|ataque ddos|exploit|registrador de teclas',
    phishing:
      'pagina falsa|site falso|e-mail falso|email falso|pagina de login falsa|se passe por|em nome da receita|em nome do banco|se passando por',
    credentials:
      'roubar senhas|roube senhas|rouba senhas|capturar senhas|roubar credenciais|roubar as senhas|roubar cookies',
    evasion:
      'burlar o antivirus|burle o antivirus|contornar o antivirus|indetectavel|nao seja detectad|escapar do antivirus',
    attacks: 'hackeie|hackear|invada|invadir|derrube|quebre a senha|forca bruta|espione',
    prey: 'conta|wifi|wi-fi|celular|e-mail d|email d|site d|servidor d|senha|instagram|facebook',
    about:
      'politica|guia|artigo|relatorio|resum|treinamento|explic|proteg|detectar|prevenir|prevenc|remov|contra|sobre|o que e|como funciona|historia|romance|apresentac|regra|meu propri|minha propria|esqueci|foi hackead|defes|alerta|curso|reconhecer',
  },
  dutch: {
    makes:
      'schrijf|maak|bouw|ontwikkel|programmeer|genereer|geef me|geef mij|start een|voer een|ik wil een|zet een|stel een',
    malware: 'trojan|virus|worm|gijzelsoftware|kwaadaardige|schadelijke software|achterdeur|ddos|exploit|toetsaanslag',
    phishing:
      'phishingmail|phishingpagina|nep-inlogpagina|nepinlogpagina|valse inlogpagina|valse login|nepsite|valse e-mail|nepmail|nagemaakte inlog',
    credentials:
      'wachtwoorden steelt|wachtwoorden stelen|wachtwoorden opslaat|wachtwoorden buitmaakt|inloggegevens steelt|inloggegevens stelen',
    evasion:
      'antivirus omzeilt|virusscanner omzeilt|antivirus omzeilen|virusscanner omzeilen|niet detecteerbaar|onzichtbaar voor',
    attacks: 'hack de|hack het|hack mijn|kraak|leg plat|bespioneer|brute force',
    prey: 'account|wifi|telefoon van|mail van|site van|website van|wachtwoord van|instagram|facebook|server van',
    about:
      'beleid|handleiding|artikel|verslag|samenvat|training|uitleg|leg uit|bescherm|herken|detect|voorkom|verwijder|tegen|over |wat is|hoe werkt|verhaal|roman|presentatie|regel|mijn eigen|vergeten|gehackt|waarschuw|cursus',
  },
  scandinavian: {
    makes:
      'skriv|lag en|lag et|lag meg|lav en|lav et|skapa|bygg|utveckla|utvikl|udvikl|programmer en|programmer et|generer en|gor en|gor ett|starta|ge mig|gi meg|giv mig',
    malware:
      'trojan|virus|skadlig kod|skadeprogram|skadevare|losepengevirus|losensumme|mask som|bakdorr|bagdor|exploit|ddos',
    phishing:
      'natfiske|nettfiske|falsk inloggning|falsk innlogging|falsk login|falsk side|falsk sida|phishingmejl|phishingmail',
    credentials: 'stjal losenord|stjaler losenord|stjeler passord|stjaeler adgangskoder|stjala losenord',
    evasion: 'kringgar antivirus|undgar antivirus|unngar antivirus|omgar antivirus',
    attacks: 'hacka |hack kontoen|hack min|knack |overbelast',
    prey: 'konto|wifi|mobil|mail|mejl|hemsida|nettside|hjemmeside|losenord|passord|adgangskode|instagram|facebook',
    about:
      'policy|riktlinj|retningslinj|artikel|artikkel|rapport|sammanfatt|forklar|utbildning|skydd|beskytt|upptack|oppdag|opdag|forhindra|ta bort|fjern|mot natfiske|mot phish|mot skadlig|vad ar|hva er|hvad er|hur fungerar|hvordan virker|historia|roman|presentation|min egen|mitt eget|glomt|glemt|hackad|varn',
  },
  polish: {
    makes: 'napisz|stworz|utworz|zrob|zbuduj|zaprogramuj|wygeneruj|przygotuj|opracuj|potrzebuje|uruchom|przeprowadz',
    malware:
      'wirus|trojan|robaka|konia trojanskiego|zlosliwe oprogramowanie|zlosliwy|oprogramowanie szpiegujace|oprogramowanie wymuszajace|atak ddos|exploit|tylne drzwi',
    phishing: 'falszywa strone|falszywy sklep|falszyw|phishingow|podszywaj|podszyw',
    credentials: 'kradnie hasla|kradnacy hasla|krasc hasla|wykradnij|wykrada',
    evasion: 'omija antywirus|ominie antywirus|omijajac|niewykrywaln',
    attacks: 'zhakuj|wlam|zlam haslo|shakuj|zaatakuj',
    prey: 'konto|wifi|telefon|poczt|stron|serwer|haslo|instagram|facebook',
    about:
      'polityk|poradnik|artykul|raport|podsumuj|szkoleni|wyjasni|wytlumacz|ochron|chroni|wykry|zapobieg|usun|przeciw|o phishingu|czym jest|co to|jak dziala|histori|powiesc|prezentacj|regul|moje wlasne|zapomnia|ostrzez',
  },
  turkish: {
    makes: 'yaz |yazar misin|olustur|hazirla|yap |yapar misin|gelistir|kodla|uret |baslat',
    malware:
      'virus|truva ati|trojan|fidye yazilim|kotu amacli yazilim|casus yazilim|solucan|ddos saldiri|exploit|arka kapi',
    phishing: 'oltalama|sahte giris|sahte banka|sahte sayfa|sahte site|kimlik avi',
    credentials: 'sifreleri cal|sifre cal|parolalari cal|sifreleri ele gecir',
    evasion: 'antivirusu atlat|antivirusten kac|tespit edilemeyen',
    attacks: 'hackle|kir |cokert|ele gecir',
    prey: 'hesab|wifi|sifresini|telefonunu|sitesini|sunucu|instagram|facebook',
    about:
      'politika|kilavuz|rehber|makale|rapor|ozet|egitim|acikla|anlat|koru|tespit et|onle|kaldir|karsi|nedir|nasil calis|hikaye|roman|sunum|kural|hakkinda|kendi|unuttum|uyari',
  },
  indonesian: {
    makes: 'buat|tulis|bikin|kembangkan|rancang|ciptakan|berikan saya|tolong buat|jalankan',
    malware:
      'virus|trojan|perangkat pemeras|perangkat lunak berbahaya|perangkat perusak|serangan ddos|exploit|pintu belakang',
    phishing: 'halaman login palsu|situs palsu|email palsu|halaman palsu|laman palsu|mengatasnamakan bank',
    credentials: 'mencuri kata sandi|mencuri password|curi kata sandi|mencuri kredensial',
    evasion: 'melewati antivirus|menghindari antivirus|tidak terdeteksi',
    attacks: 'retas|bobol|lumpuhkan',
    prey: 'akun|wifi|ponsel|email|situs|server|kata sandi|instagram|facebook',
    about:
      'kebijakan|panduan|artikel|laporan|ringkas|pelatihan|jelaskan|lindung|mendeteksi|deteksi|cegah|mencegah|hapus|terhadap|tentang|apa itu|bagaimana cara kerja|cerita|novel|presentasi|aturan|saya sendiri|lupa|peringat',
  },
  vietnamese: {
    makes: 'viet |tao |lam cho|xay dung|lap trinh|phat trien|cho toi|soan',
    malware: 'tong tien|ma doc|virus|trojan|phan mem gian diep|tan cong ddos|phan mem doc hai|cua hau',
    phishing: 'lua dao|gia mao|trang dang nhap gia|gia danh',
    credentials: 'danh cap mat khau|an cap mat khau|lay cap mat khau',
    attacks: 'hack tai|hack facebook|hack wifi|be khoa|danh sap',
    prey: 'tai khoan|wifi|dien thoai|trang web|mat khau|facebook',
    about:
      'chinh sach|huong dan|bai viet ve|bai viet|bao cao|tom tat|dao tao|giai thich|bao ve|phat hien|ngan chan|phong chong|xoa|chong lai|la gi|hoat dong|cau chuyen|cua toi|canh bao|quen',
  },
  russian: {
    makes:
      'напиши|напишите|создай|создайте|сделай|сделайте|разработай|сгенерируй|запрограммируй|подготовь|составь|дай мне|мне нужен|мне нужна|запусти|собери|помоги написать|помоги сделать',
    malware:
      'вирус|троян|кейлоггер|килоггер|шифровальщик|вымогател|вредонос|руткит|бэкдор|бекдор|ботнет|стилер|шпионск|ддос|ddos|эксплойт|эксплоит|червь|майнер скрыт|скрытый майнер|реверс-шелл|обратный шелл|крипто',
    phishing:
      'фишинг|поддельную страниц|поддельный сайт|поддельн|фальшив|фейковую страниц|от имени банка|от имени сбер',
    credentials:
      'крадет парол|красть парол|ворует парол|воровать парол|кражи парол|похищает парол|собирать парол|перехват парол|украсть',
    evasion:
      'обходит антивирус|обойти антивирус|обходить антивирус|обхода антивирус|не обнаруж|невидим для антивирус|не палится',
    attacks: 'взломай|взломать|взлома|хакни|подбери пароль|положи сайт|атакуй|брутфорс',
    prey: 'аккаунт|вай-фай|wifi|wi-fi|телефон|почт|сайт|сервер|пароль|страниц|инстаграм|вконтакте',
    about:
      'политик|руководств|стать|отчет|резюм|обучен|объясни|защит|обнаружени|обнаружить|предотврат|удали|против|о вирусах|о фишинге|что такое|как работает|рассказ|роман|презентац|правил|мой собствен|моего собствен|свой собствен|забыл|предупрежд|взломали|курс|распозна',
  },
  ukrainian: {
    makes: 'напиши|створи|зроби|розроби|згенеруй|підготуй|склади|запусти',
    malware: 'вірус|троян|кейлогер|шифрувальник|вимагач|шкідлив|руткіт|бекдор|ботнет|ddos|експлойт',
    phishing: 'фішинг|підроблен|фальшив|від імені банку',
    attacks: 'зламай|зламати|хакни',
    prey: 'акаунт|обліковий|wi-fi|телефон|пошт|сайт|сервер|пароль|сторінк',
    about:
      'політик|посібник|статт|звіт|навчан|поясни|захист|виявл|запобіг|видали|проти|що таке|як працює|оповід|презентац|правил|власн|забув|попередж',
  },
  czech: {
    makes: 'napis|vytvor|udelej|vyvin|naprogramuj|vygeneruj|priprav|spust',
    malware: 'virus|trojsk|vyderacsk|skodliv|ddos|exploit|zadni vratka',
    phishing: 'phishingov|falesn|podvodn',
    attacks: 'hackni|nabourej|prolom',
    prey: 'ucet|wifi|telefon|stranku|heslo|server',
    about:
      'pravidl|smernic|navod|clanek|zprav|skolen|vysvetl|ochran|chran|detek|odhal|prevenc|odstran|proti|co je|jak funguje|povid|roman|prezentac|vlastn|zapomn|varovan',
  },
  chinese: {
    makes:
      '写一|写个|写出|写段|编写|帮我写|给我写|做一个|做个|制作|创建|开发|生成|构建|设计一|弄一个|搞一个|发动|发起|写勒索|写木马|写病毒|寫一|編寫|製作|開發',
    malware:
      '勒索软件|勒索病毒|键盘记录|木马|病毒|蠕虫|恶意软件|恶意程序|恶意代码|后门|僵尸网络|间谍软件|挖矿木马|挖矿病毒|漏洞利用|反弹shell|反弹 shell|拒绝服务攻击|ddos|rootkit|免杀|勒索軟體|惡意軟體|木馬',
    phishing: '钓鱼|冒充银行|假冒|假的登录|虚假登录|伪造的登录|伪造登录|仿冒|釣魚',
    credentials: '窃取密码|盗取密码|偷密码|偷取密码|窃取用户|盗号|收集密码|窃取凭证|窃取cookie',
    evasion: '绕过杀毒|躲避杀毒|绕过杀软|免杀|不被杀毒|绕过防病毒|逃避检测',
    attacks: '黑进|入侵|破解|攻击|黑掉|爆破|撞库',
    prey: '账号|账户|帐号|密码|wifi|网站|服务器|手机|微信|邮箱|数据库',
    about:
      '文章|政策|制度|指南|报告|总结|培训|解释|保护|防范|防止|预防|防御|检测|识别|清除|删除|查杀|什么是|是什么|如何防|怎么防|原理|历史|故事|小说|演示文稿|规则|我自己的|忘记|被黑|警告|提醒|介绍|翻译|防護|教材|课程',
  },
  japanese: {
    makes:
      '作って|作成して|作りたい|作れ|作る方法|書いて|書け|作成|開発して|プログラムして|生成して|実装して|用意して|教えて作|仕掛けて|集めたい|コードをくれ|コードをください|ください',
    malware:
      'ランサムウェア|キーロガー|マルウェア|トロイの木馬|コンピュータウイルス|コンピューターウイルス|ウイルスを作|ウイルスを書|ワーム|バックドア|ボットネット|スパイウェア|ルートキット|エクスプロイト|リバースシェル|ddos攻撃|dos攻撃',
    phishing: 'フィッシング|偽のログイン|偽ログイン|偽サイト|偽の銀行|を装った|なりすまし',
    credentials: 'パスワードを盗|認証情報を盗|クッキーを盗|パスワードを集め|個人情報を盗',
    evasion: 'アンチウイルスを回避|ウイルス対策を回避|検知を回避|検出されない|検知されない',
    attacks: 'ハッキングして|ハックして|乗っ取|クラックして|攻撃して|侵入して|不正アクセス',
    prey: 'アカウント|パスワード|wifi|wi-fi|サイト|サーバー|サーバ|スマホ|インスタ',
    about:
      '対策|規程|規定|ポリシー|ガイド|記事|レポート|報告|要約|研修|説明|解説|守る|保護|検出する|検知する|防ぐ|防止|予防|駆除|削除|とは|仕組み|歴史|物語|小説|プレゼン|ルール|自分の|忘れ|警告|注意喚起|見分け|翻訳|クイズ',
  },
  korean: {
    makes:
      '만들어|작성해|써 줘|써줘|써 주|개발해|프로그래밍해|생성해|짜 줘|짜줘|구축해|만드는 법|만들고|필요해|실행해|코딩해',
    malware:
      '랜섬웨어|키로거|악성코드|악성 코드|악성 소프트웨어|트로이 목마|트로이목마|바이러스|웜 바이러스|백도어|봇넷|스파이웨어|루트킷|익스플로잇|리버스 셸|디도스|ddos',
    phishing: '피싱|스미싱|가짜 로그인|가짜 은행|사칭',
    credentials: '비밀번호를 훔|비밀번호 탈취|계정 탈취|비밀번호를 빼|자격 증명을 훔',
    evasion: '백신을 우회|백신 우회|탐지를 피|탐지 우회|탐지되지 않',
    attacks: '해킹해|뚫어|크랙해|공격해|마비시켜',
    prey: '계정|비밀번호|와이파이|사이트|서버|휴대폰|인스타|카카오톡',
    about:
      '정책|가이드|기사|보고서|요약|교육|설명|보호|방지|예방|탐지하는|탐지 규칙|제거|삭제|대응|란 무엇|무엇인|뭐야|원리|역사|이야기|소설|발표|규칙|내 자신|잊어|잃어|경고|안내문|퀴즈|번역',
  },
  arabic: {
    makes: 'اكتب|انشئ|أنشئ|اصنع|صمم|برمج|طور|جهز|اريد|أريد|ساعدني في كتابة|ولد|شن ',
    malware:
      'فدية|برمجية خبيثة|برنامج خبيث|برامج خبيثة|فيروس|حصان طروادة|مسجل مفاتيح|كيلوجر|كي لوجر|مسجل ضربات|تجسس|باب خلفي|بوت نت|هجوم ddos|حجب الخدمة|دودة|استغلال ثغرة|كود خبيث',
    phishing: 'تصيد|تنتحل|انتحال|صفحة تسجيل دخول مزيفة|صفحة مزيفة|موقع مزيف|مزيفة',
    credentials: 'سرقة كلمات|يسرق كلمات|لسرقة كلمات|تسرق كلمات|سرقة كلمة',
    evasion: 'تجاوز مضاد|يتجاوز مضاد|تخطي مضاد|يتخطى مضاد|لا يكتشفه',
    attacks: 'اخترق|اختراق|هكر|تهكير',
    prey: 'حساب|واي فاي|هاتف|موقع|خادم|بريد|انستغرام|فيسبوك|كلمة مرور|كلمة سر',
    about:
      'سياسة|دليل|مقال|تقرير|لخص|ملخص|تدريب|اشرح|شرح|حماية|احم|كشف|منع|الوقاية|ازالة|إزالة|احذف|ضد|ما هو|ما هي|كيف يعمل|كيف تعمل|قصة|رواية|عرض تقديمي|قاعدة|الخاص بي|نسيت|تحذير',
  },
  hindi: {
    makes: 'लिखो|लिखें|लिखिए|लिख दो|बनाओ|बनाएं|बनाइए|बना दो|तैयार करो|विकसित|likho|likh do|banao|bana do|banaye',
    malware: 'कीलॉगर|कीलागर|रैनसमवेयर|रैंसमवेयर|मैलवेयर|मालवेयर|वायरस|ट्रोजन|बैकडोर|स्पाइवेयर|बॉटनेट|virus|trojan',
    phishing: 'फ़िशिंग|फिशिंग|नकली लॉगिन|नकली पेज|नकली वेबसाइट|nakli login|nakli page',
    credentials: 'पासवर्ड चुरा|पासवर्ड चोरी|password chura|password churane',
    attacks: 'हैक कर|hack kar|hack karo|हैक करो',
    prey: 'अकाउंट|खाता|वाईफाई|पासवर्ड|वेबसाइट|account|wifi|password',
    about:
      'नीति|गाइड|लेख|रिपोर्ट|सारांश|प्रशिक्षण|समझाओ|समझाएं|बचाव|सुरक्षा|पता लगा|रोक|हटा|खिलाफ|क्या है|क्या होता|कैसे काम|कहानी|बारे में|चेतावनी|kya hai|kaise kaam|bachav|samjhao',
  },
  persian: {
    makes: 'بنویس|بساز|ایجاد کن|طراحی کن|توسعه بده',
    malware: 'باج‌افزار|باج افزار|بدافزار|ویروس|تروجان|کی‌لاگر|کیلاگر|جاسوس‌افزار',
    phishing: 'فیشینگ|صفحه جعلی|ورود جعلی',
    attacks: 'هک کن',
    prey: 'حساب|رمز|وای‌فای|سایت',
    about: 'سیاست|راهنما|مقاله|گزارش|خلاصه|آموزش|توضیح|محافظت|جلوگیری|شناسایی|حذف|چیست|درباره|هشدار|داستان',
  },
} as const satisfies Readonly<Record<string, Language>>;

export const LANGUAGES: Readonly<Record<string, Language>> = WORDS;
