"""The messages of RFC 4475, section 3, by the names that the RFC gives them."""

CRLF = "\r\n"


def sip(text: str, body: str = "") -> bytes:
    """Return the bytes of a message that is written with plain line ends and no last one."""
    head = text.strip("\n").replace("\n", CRLF)
    return (head + CRLF + CRLF + body.replace("\n", CRLF)).encode("utf-8", "surrogateescape")


SDP = """v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.3
s=-
c=IN IP4 192.0.2.4
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"""

COMMON = """From: <sip:caller@example.net>;tag=323
To: sip:user@example.com
Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdju43
Max-Forwards: 70
"""


HOME = COMMON.replace("sip:caller@example.net", "sip:user@example.com")
"""Of a REGISTER: a phone speaks for itself."""

CONTACT = "Contact: <sip:caller@host5.example.net>\n"


def plain(start: str, rest: str, method: str = "OPTIONS", common: str = "") -> bytes:
    """Return a message whose one difficulty is in its start line or in `rest`."""
    common = common or (HOME if method == "REGISTER" else COMMON)
    if start.startswith("INVITE") and "Contact:" not in rest:
        rest = CONTACT + rest
    return sip(f"{start}\n{common}Call-ID: torture@example\nCSeq: 8 {method}\n{rest}")


WSINV = sip(
    r"""
INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : 150
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \"\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33
""",
    SDP + " " * 20,
)

INTMETH = sip(
    """
!interesting-Method0123456789_*+`.%indeed'~ """
    "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too."
    "(doesn't-it)@example.com SIP/2.0\n"
    "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\n"
    'To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,'
    "/;;*@example.com>\n"
    "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>"
    ";fromParam''~+*_!.-%=\"работающий\";tag=_token~1'+`*%!-.\n"
    "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\n"
    "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~\n"
    "Max-Forwards: 255\n"
    "extensionHeader-!.%*+_`'~:\ufeff大停電\n"
    "Content-Length: 0"
)

ESC01 = plain(
    "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0",
    "Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>",
    "INVITE",
    COMMON.replace("To: sip:user@example.com", "To: sip:%75se%72@example.com").replace(
        "<sip:caller@", "<sip:I%20have%20spaces@"
    ),
)

ESCNULL = plain(
    "REGISTER sip:example.com SIP/2.0",
    "Contact: <sip:%00@host5.example.com>\nContact: <sip:%00%00@host5.example.com>",
    "REGISTER",
    COMMON.replace("sip:user@", "sip:null-%00-null@").replace("sip:caller@", "sip:null-%00-null@"),
)

ESC02 = plain(
    "RE%47IST%45R sip:registrar.example.com SIP/2.0",
    "Contact: <sip:alias1@host1.example.com>\n"
    "C%6Fntact: <sip:alias2@host2.example.com>\n"
    "Contact: <sip:alias3@host3.example.com>",
    "RE%47IST%45R",
    COMMON.replace("To: sip:user@example.com", 'To: "%Z%45" <sip:resource@example.com>'),
)

LWSDISP = plain(
    "OPTIONS sip:user@example.com SIP/2.0",
    "",
    common=COMMON.replace("From: <", "From: caller<"),
)

LONGREQ = sip(
    "INVITE sip:user@example.com SIP/2.0\n"
    f'To: "I have a user name of {"extreme" * 10} proportion" <sip:user@example.com:6000'
    f";unknownparam1=very{'long' * 20}value;longparam{'name' * 25}=shortvalue"
    f";very{'long' * 25}ParameterNameWithNoValue>\n"
    f"F: sip:{'amazinglylongcallername' * 5}@example.net;tag=12{'982424' * 50};unknownheaderparam"
    f"{'name' * 20}=unknowheaderparam{'value' * 15};unknownValueless{'paramname' * 10}\n"
    f"Call-ID: longreq.one{'really' * 20}longcallid\n"
    "CSeq: 3882340 INVITE\n"
    f"Unknown-{'Long' * 20}-Name: unknown-{'long' * 20}-value; unknown-{'long' * 20}-name=x\n"
    + "".join(f"Via: SIP/2.0/TCP sip{n}.example.com;branch=z9hG4bK{n}\n" for n in range(33, 0, -1))
    + f"V: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch=very{'long' * 50}branchvalue\n"
    "Max-Forwards: 70\n"
    f"Contact: <sip:{'amazinglylongcallername' * 5}@host5.example.net>\n"
    "Content-Type: application/sdp\n"
    "l: 12",
    "v=0\no=- 1 1\n"[:12],
)

DBLREQ = plain(
    "REGISTER sip:example.com SIP/2.0",
    "Contact: sip:j.user@host.example.com\nContent-Length: 0",
    "REGISTER",
) + plain("INVITE sip:joe@example.com SIP/2.0", "Content-Length: 0", "INVITE")

SEMIURI = plain("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0", "")

TRANSPORTS = plain(
    "OPTIONS sip:user@example.com SIP/2.0",
    "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKkdjuw\n"
    "Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bKkdjuw\n"
    "Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKkdjuw\n"
    "Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bKkdjuw",
)

MPART01 = plain(
    "MESSAGE sip:kumiko@example.org SIP/2.0",
    "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655",
    "MESSAGE",
) + (
    b"--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
    b"--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n"
    b"\x30\x82\x01\x52\x06\x09\x2a\x86\x00\xff\r\n\r\n\x0a\x0d\r\n--7a9cbec02ceef655--\r\n"
)

UNREASON = plain("SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое", "", "INVITE")
NOREASON = plain("SIP/2.0 100 ", "", "INVITE")

BADINV01 = sip(
    """
INVITE sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=134161461246
Max-Forwards: 7
Call-ID: badinv01.0ha0isndaksdjasdf3234nas
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.15;;,;,,
Contact: "Joe" <sip:joe@example.org>;;;;
"""
)
CLERR = plain("INVITE sip:user@example.com SIP/2.0", "Content-Length: 9999\n\nv=0", "INVITE")
NCL = plain("INVITE sip:user@example.com SIP/2.0", "Content-Length: -999", "INVITE")
SCALAR02 = plain(
    "REGISTER sip:example.com SIP/2.0",
    "Expires: 10000000000000000000000\n"
    "Contact: <sip:user@host129.example.com>;expires=280297596632815",
    "REGISTER",
    HOME.replace("Max-Forwards: 70", "Max-Forwards: 300"),
).replace(b"CSeq: 8 ", b"CSeq: 36893488147419103232 ")
SCALARLG = plain(
    "SIP/2.0 503 Service Unavailable", "Retry-After: 949302838503028349304023988", "INVITE"
).replace(b"CSeq: 8 ", b"CSeq: 9292394834772304023312 ")
QUOTBAL = plain(
    "INVITE sip:user@example.com SIP/2.0",
    "",
    "INVITE",
    COMMON.replace("To: sip:user@example.com", 'To: "Mr. J. User <sip:j.user@example.com>'),
)
LTGTRURI = plain("INVITE <sip:user@example.com> SIP/2.0", "", "INVITE")
LWSRURI = plain("INVITE sip:user@example.com; lr SIP/2.0", "", "INVITE")
LWSSTART = plain("INVITE  sip:user@example.com  SIP/2.0", "", "INVITE")
TRWS = plain("OPTIONS sip:remote-target@example.com SIP/2.0  ", "")
ESCRURI = plain("INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0", "", "INVITE")
BADDATE = plain(
    "INVITE sip:user@example.com SIP/2.0", "Date: Fri, 01 Jan 2010 16:00:00 EST", "INVITE"
)
REGBADCT = plain(
    "REGISTER sip:example.com SIP/2.0",
    "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E",
    "REGISTER",
)
BADASPEC = plain(
    "OPTIONS sip:user@example.org SIP/2.0",
    "",
    common=COMMON.replace(
        "To: sip:user@example.com", 'To: "Watson, Thomas" < sip:t.watson@example.org >'
    ),
)
BADDN = plain(
    "OPTIONS sip:user@example.org SIP/2.0",
    "",
    common=COMMON.replace("From: <", "From: Bell, Alexander <"),
)
BADVERS = plain("OPTIONS sip:t.watson@example.org SIP/7.0", "")
MISMATCH01 = plain("OPTIONS sip:user@example.com SIP/2.0", "", "INVITE")
MISMATCH02 = plain("NEWMETHOD sip:user@example.com SIP/2.0", "", "INVITE")
BIGCODE = plain("SIP/2.0 4294967301 better not break the receiver", "", "INVITE")

BADBRANCH = plain(
    "OPTIONS sip:user@example.com SIP/2.0",
    "",
    common=COMMON.replace("branch=z9hG4bKkdju43", "branch=z9hG4bK"),
)
INSUF = sip(
    """
INVITE sip:user@example.com SIP/2.0
CSeq: 193942 INVITE
Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf
Content-Type: application/sdp
l: 0
"""
)
UNKSCM = plain("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0", "")
NOVELSC = plain("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0", "")
UNKSM2 = plain(
    "REGISTER sip:example.com SIP/2.0",
    "Contact: <name:John_Smith>",
    "REGISTER",
    COMMON.replace("sip:user@example.com", "isbn:2983792873").replace(
        "<sip:caller@example.net>", "<http://www.example.com>"
    ),
)
BEXT01 = plain(
    "OPTIONS sip:user@example.com SIP/2.0",
    "Require: nothingSupportsThis, nothingSupportsThisEither\nProxy-Require: noProxiesSupportThis",
)
INVUT = plain(
    "INVITE sip:user@example.com SIP/2.0",
    "Content-Type: application/unknownformat\nContent-Length: 4\n\n<x/>",
    "INVITE",
)
REGAUT01 = plain(
    "REGISTER sip:example.com SIP/2.0",
    "Authorization: NoOneKnowsThisScheme opaque-data=here",
    "REGISTER",
)
MULTI01 = plain(
    "INVITE sip:user@example.com SIP/2.0",
    "CSeq: 59 INVITE\nCall-ID: multi01.other\nFrom: sip:other@example.net;tag=3413415\n"
    "Max-Forwards: 5\nTo: sip:user2@example.com",
    "INVITE",
)
MCL01 = plain(
    "OPTIONS sip:user@example.com SIP/2.0",
    "Content-Length: 13\nContent-Length: 5\n\nThere's no way to know how many octets",
)
BCAST = plain(
    "SIP/2.0 200 OK",
    "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23",
    "INVITE",
)
ZEROMF = plain(
    "OPTIONS sip:user@example.com SIP/2.0",
    "",
    common=COMMON.replace("Max-Forwards: 70", "Max-Forwards: 0"),
)
CPARAM01 = plain(
    "REGISTER sip:example.com SIP/2.0",
    "Contact: sip:+19725552222@gw1.example.net;unknownparam",
    "REGISTER",
)
CPARAM02 = plain(
    "REGISTER sip:example.com SIP/2.0",
    "Contact: <sip:+19725552222@gw1.example.net;unknownparam>",
    "REGISTER",
)
REGESCRT = plain(
    "REGISTER sip:example.com SIP/2.0",
    "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>",
    "REGISTER",
)
SDP01 = plain(
    "INVITE sip:user@example.com SIP/2.0",
    "Contact: <sip:caller@host5.example.net>\nAccept: text/nobodyKnowsThis\nContent-Length: 0",
    "INVITE",
)
INV2543 = sip(
    """
INVITE sip:UserB@example.com SIP/2.0
Via: SIP/2.0/UDP iftgw.example.com
From: <sip:+13035551111@ift.client.example.net;user=phone>
Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>
To: sip:+16505552222@ss1.example.net;user=phone
Call-ID: inv2543.1717@ift.client.example.com
CSeq: 56 INVITE
Content-Type: application/sdp
""",
    SDP,
)

MESSAGES = {
    "wsinv": WSINV,
    "intmeth": INTMETH,
    "esc01": ESC01,
    "escnull": ESCNULL,
    "esc02": ESC02,
    "lwsdisp": LWSDISP,
    "longreq": LONGREQ,
    "dblreq": DBLREQ,
    "semiuri": SEMIURI,
    "transports": TRANSPORTS,
    "mpart01": MPART01,
    "unreason": UNREASON,
    "noreason": NOREASON,
    "badinv01": BADINV01,
    "clerr": CLERR,
    "ncl": NCL,
    "scalar02": SCALAR02,
    "scalarlg": SCALARLG,
    "quotbal": QUOTBAL,
    "ltgtruri": LTGTRURI,
    "lwsruri": LWSRURI,
    "lwsstart": LWSSTART,
    "trws": TRWS,
    "escruri": ESCRURI,
    "baddate": BADDATE,
    "regbadct": REGBADCT,
    "badaspec": BADASPEC,
    "baddn": BADDN,
    "badvers": BADVERS,
    "mismatch01": MISMATCH01,
    "mismatch02": MISMATCH02,
    "bigcode": BIGCODE,
    "badbranch": BADBRANCH,
    "insuf": INSUF,
    "unkscm": UNKSCM,
    "novelsc": NOVELSC,
    "unksm2": UNKSM2,
    "bext01": BEXT01,
    "invut": INVUT,
    "regaut01": REGAUT01,
    "multi01": MULTI01,
    "mcl01": MCL01,
    "bcast": BCAST,
    "zeromf": ZEROMF,
    "cparam01": CPARAM01,
    "cparam02": CPARAM02,
    "regescrt": REGESCRT,
    "sdp01": SDP01,
    "inv2543": INV2543,
}
"""All of them, by name."""
