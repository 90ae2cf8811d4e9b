--TEST--
FastCGI: records, requests and answers; a client and a proxy before an application
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};
use Swoole\Coroutine\FastCGI\{Client, Client\Exception as ClientException, Proxy};
use Swoole\Coroutine\Socket;
use Swoole\FastCGI;
use Swoole\FastCGI\{FrameParser, HttpRequest, HttpResponse, Record, Request, Response};
use Swoole\FastCGI\Record\{AbortRequest, BeginRequest, Data, EndRequest, GetValues, GetValuesResult, Params, Stderr, Stdin, Stdout, UnknownType};

// The bytes of the specification's examples.
check('a record', bin2hex((string) new Stdin('abc')), '01050001000305006162630000000000');
check('parameters', bin2hex((new Params(['A' => 'b', 'long' => str_repeat('v', 200)]))->getContentData()), bin2hex("\x01\x01Ab\x04\x80\x00\x00\xC8long" . str_repeat('v', 200)));
$all = [new BeginRequest(FastCGI::RESPONDER, FastCGI::KEEP_CONN), new AbortRequest(7), new EndRequest(FastCGI::OVERLOADED, 3), new Params(['n' => 'v', str_repeat('k', 300) => '', 'empty' => '', 12 => 'x']), new Stdin(''), new Stdout('out'), new Stderr('err'), new Data('d'), new GetValues(['FCGI_MAX_CONNS']), new GetValuesResult(['FCGI_MAX_CONNS' => '1']), new UnknownType(99)];
$bytes = implode('', $all);
$same = [];
while ($bytes !== '') { $record = FrameParser::parseFrame($bytes); $same[] = (string) $record === (string) $all[count($same)] && $record::class === $all[count($same)]::class; }
check('all of them there and back', $same, array_fill(0, 11, true));
check('what they say', [$all[0]->getRole(), $all[0]->getFlags(), $all[1]->getRequestId(), $all[2]->getProtocolStatus(), $all[2]->getAppStatus(), $all[9]->getValues(), $all[10]->getUnrecognizedType(), $all[5]->getContentData(), $all[5]->getPaddingLength(), $all[5]->getVersion(), $all[5]->getType()], [1, 1, 7, 2, 3, ['FCGI_MAX_CONNS' => '1'], 99, 'out', 5, 1, 6]);
check('not yet whole', [FrameParser::hasFrame(''), FrameParser::hasFrame(substr((string) $all[5], 0, 15)), FrameParser::hasFrame((string) $all[5])], [false, false, true]);
foreach (["\x01", "\x01\x63\0\1\0\0\0\0", "\x01\x04\0\1\0\2\0\0\x05\x05", "\x01\x04\0\1\0\1\0\0\xFF", "\x01\x01\0\1\0\2\0\0ab", "\x01\x06\0\1\0\5\0\0ab"] as $wrong) {
    try { FrameParser::parseFrame($wrong); echo "parsed\n"; } catch (RuntimeException|DomainException $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
}
$big = (new HttpRequest())->withBody(str_repeat('x', 150_000))->withAddedParams(array_fill_keys(array_map(fn ($i) => "P{$i}", range(1, 200)), str_repeat('y', 1000)));
$bytes = (string) $big; $got = ['', [], 0];
while ($bytes !== '') { $r = FrameParser::parseFrame($bytes); $got[2]++; if ($r instanceof Stdin) { $got[0] .= $r->getContentData(); } elseif ($r instanceof Params) { $got[1] += $r->getValues(); } }
check('more than a record holds', [strlen($got[0]), count($got[1]), $got[1]['P200'] === str_repeat('y', 1000), $got[2] > 7], [150_000, 219, true, true]);
$r = (new HttpRequest())->withUri('/a?b=1')->withQuery(['c' => '2 3'])->withHeader('X-Some-Thing', 'v')->withBody(['k' => 'v w']);
check('a request', [$r->getDocumentUri(), $r->getRequestUri(), $r->getQueryString(), $r->getHeader('x-some-thing'), $r->getHeaders(), $r->getBody(), $r->getContentType(), $r->getContentLength(), $r->getServerSoftware()], ['/a', '/a?b=1', 'c=2+3', 'v', ['X-SOME-THING' => 'v'], 'k=v+w', 'application/x-www-form-urlencoded', 5, 'swoole/' . SWOOLE_VERSION]);
$r->withoutMethod(); $r->withRemotePort(80)->withProtocolVersion('1.0');
check('parameters of it', [$r->getMethod(), $r->getRemotePort(), $r->getServerProtocol()], [null, 80, 'HTTP/1.0']);
$a = new HttpResponse([new Stdout("Status: 404 Not Here\r\nContent-Type: text/x\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nbo"), new Stderr('oh'), new Stdout('dy'), new EndRequest()]);
check('an answer', [$a->getStatusCode(), $a->getReasonPhrase(), $a->getHeader('CONTENT-TYPE'), $a->getHeaders(), $a->getSetCookieHeaderLines(), $a->getBody(), $a->getError()], [404, 'Not Here', 'text/x', ['Content-Type' => 'text/x'], ['a=1', 'b=2'], 'body', 'oh']);
$a = new HttpResponse([new Stdout('no header'), new EndRequest()]);
check('none of HTTP', [$a->getStatusCode(), $a->getReasonPhrase(), $a->getError()], [502, 'Invalid FastCGI Response', 'no header']);
try { new Response([new Stdout('x')]); } catch (InvalidArgumentException $e) { echo $e->getMessage(), "\n"; }
check('addresses', array_map(Client::parseUrl(...), ['127.0.0.1:9000', 'tcp://127.0.0.1:9001', 'unix:/run/fpm.sock', '/run/fpm.sock', 'localhost']), [['127.0.0.1', 9000], ['127.0.0.1', 9001], ['unix://run/fpm.sock', 0], ['unix://run/fpm.sock', 0], ['unix:/localhost', 0]]);

// An application: answers with what it was asked.
$serve = static function (Socket $listener): void {
    while ($connection = $listener->accept(-1)) {
        go(static function () use ($connection) {
            $connection->setProtocol(['open_fastcgi_protocol' => true]);
            for ($params = $keep = $body = null; $packet = $connection->recvPacket();) {
                $record = FrameParser::parseFrame($packet);
                if ($record instanceof BeginRequest) { [$params, $keep, $body] = [[], $record->getFlags() === FastCGI::KEEP_CONN, '']; }
                elseif ($record instanceof Params && $record->getValues() !== []) { $params += $record->getValues(); }
                elseif ($record instanceof Stdin && $record->getContentLength() > 0) { $body .= $record->getContentData(); }
                $ended = $record instanceof Stdin && $record->getContentLength() === 0 || $record instanceof Params && $record->getValues() === [] && $params['CONTENT_LENGTH'] === '0';
                if ($ended && str_contains($params['SCRIPT_FILENAME'], 'hangs')) { continue; }
                if ($ended && str_contains($params['SCRIPT_FILENAME'], 'breaks')) { $connection->close(); return; }
                if ($ended) {
                    $connection->sendAll(new Stdout("Status: 201\r\nX-Is: {$params['REQUEST_METHOD']}\r\nSet-Cookie: c=1; Path=/\r\nSet-Cookie: d=2\r\n\r\n") . new Stdout("{$params['SCRIPT_FILENAME']} {$params['QUERY_STRING']} " . ($params['HTTP_X_Y'] ?? '') . md5($body)) . new Stdout('') . new EndRequest());
                    if (!$keep) { $connection->close(); return; }
                }
            }
        });
    }
};
run(static function () use ($serve) {
    $path = HighperTest\temp_path('app.sock');
    $listener = new Socket(AF_UNIX, SOCK_STREAM, 0);
    $listener->bind($path); $listener->listen();
    go($serve, $listener);
    check('call()', Client::call($path, '/srv/x.php?q=1', 'data'), '/srv/x.php q=1 ' . md5('data'));
    $client = new Client("unix:/{$path}");
    foreach ([true, true, false] as $keep) {
        $request = (new HttpRequest())->withScriptFilename('/srv/y.php')->withMethod('PUT')->withBody(str_repeat('z', 100_000))->withKeepConn($keep);
        $answer = $client->execute($request, 2);
        check('a connection for many', [$answer->getStatusCode(), $answer->getHeader('x-is'), $answer->getBody()], [201, 'PUT', '/srv/y.php  ' . md5(str_repeat('z', 100_000))]);
    }
    foreach (['breaks' => SOCKET_ECONNRESET, 'hangs' => SOCKET_ETIMEDOUT] as $script => $code) {
        try { $client->execute((new HttpRequest())->withScriptFilename($script), 0.05); } catch (ClientException $e) { check("it {$script}", $e->getCode(), $code); }
    }
    check('its short name', (new ReflectionClass('Co\FastCGI\Client'))->getName(), Client::class);
    try { (new Client("unix:/{$path}.none"))->execute(new Request()); } catch (ClientException $e) { check('nobody there', $e->getCode(), SOCKET_ENOENT); }
    $listener->close();
});
?>
--EXPECT--
ok: a record
ok: parameters
ok: all of them there and back
ok: what they say
ok: not yet whole
RuntimeException: Not enough data in the buffer to parse
DomainException: Invalid FastCGI record type 99 received
RuntimeException: Can not unpack data from the binary buffer
RuntimeException: Can not unpack data from the binary buffer
RuntimeException: Can not unpack data from the binary buffer
RuntimeException: Can not unpack data from the binary buffer
ok: more than a record holds
ok: a request
ok: parameters of it
ok: an answer
ok: none of HTTP
Bad records
ok: addresses
ok: call()
ok: a connection for many
ok: a connection for many
ok: a connection for many
ok: it breaks
ok: it hangs
ok: its short name
ok: nobody there
