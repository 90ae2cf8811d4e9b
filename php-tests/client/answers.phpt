--TEST--
Coroutine\Http\Client: answers whole and broken, slow, too large, compressed
--INI--
memory_limit=64M
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/raw.php';
use Swoole\Coroutine\Http\Client;
use function HighperTest\check;

/** Result, status, errCode, body. */
function outcome(array|string $pieces, array $settings = [], ?callable $prepare = null): array
{
    return array_slice(against($pieces, $settings, $prepare), 0, 4);
}

Co\run(function () {
    $ok = fn (string $body, int $status = 200) => [true, $status, 0, $body];
    $invalid = [false, SWOOLE_HTTP_CLIENT_ESTATUS_SERVER_RESET, SWOOLE_ERROR_HTTP_INVALID_PROTOCOL, ''];
    $reset = [false, SWOOLE_HTTP_CLIENT_ESTATUS_SERVER_RESET, SOCKET_ECONNRESET, ''];
    $late = [false, SWOOLE_HTTP_CLIENT_ESTATUS_REQUEST_TIMEOUT, SOCKET_ETIMEDOUT, ''];
    $head = "HTTP/1.1 200 OK\r\n";
    $chunked = "{$head}Transfer-Encoding: chunked\r\n\r\n";

    check('by length', outcome(["{$head}Content-", "Length: 5\r\n", "\r\nhe", 'llo']), $ok('hello'));
    check('by chunks', outcome([$chunked, "5\r", "\nhello\r\n1;x=y\r\n", "!\r\n0\r\n", "X-T: v\r\n\r\n"]), $ok('hello!'));
    [, , , , $client] = against(["{$chunked}0\r\nX-T: v\r\nContent-Length: 9\r\n\r\n"]);
    check('trailers', [$client->headers['x-t'], isset($client->headers['content-length'])], ['v', false]);
    check('by the end', outcome([$head . "\r\n", 'all', ' of it']), $ok('all of it'));
    check('no body', outcome("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n"), $ok('', 204));
    check('interim', outcome("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\n{$head}Content-Length: 1\r\n\r\nx"), $ok('x'));
    check('HEAD', outcome("{$head}Content-Length: 5\r\n\r\n", [], function ($client) {
        $client->setMethod('HEAD');
        return $client->execute('/');
    }), $ok(''));
    [, , , , $client] = against("{$head}A: 1\r\na: 2\r\nA: 3\r\nLong-Name: x\r\nContent-Length: 0\r\n\r\n", ['lowercase_header' => false]);
    check('names as they came', $client->headers, ['A' => ['1', '3'], 'a' => '2', 'Long-Name' => 'x', 'Content-Length' => '0']);
    [, , , , $client] = against("{$head}12345: one\r\n12345: two\r\n-1: x\r\n1.5: y\r\nContent-Length: 0\r\n\r\n");
    check('names that are numbers', [$client->headers['12345'], $client->headers[-1], $client->headers['1.5']], [['one', 'two'], 'x', 'y']);
    [, , , , $client] = against("{$head}Content-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\nforged");
    check('bytes behind it end the connection', [$client->body, $client->connected], ['x', false]);

    foreach ([
        'garbage' => "\x16\x03\x01 garbage",
        'another protocol' => "SSH-2.0-x\r\n",
        'two lengths' => "{$head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        'length and chunks' => "{$head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        'no number' => "{$head}Content-Length: 1x\r\n\r\na",
        'bad name' => "{$head}bad name: 1\r\n\r\n",
        'bad chunk' => "{$chunked}zz\r\n",
        'chunk without an end' => "{$chunked}1\r\nab\r\n",
        'head too large' => [$head . str_repeat('A: ' . str_repeat('x', 997) . "\r\n", 70)],
        'one endless line' => [$head . 'A: ' . str_repeat('x', 70_000)],
        'trailers too large' => [$chunked . "0\r\n" . str_repeat('A: ' . str_repeat('x', 997) . "\r\n", 70)],
    ] as $name => $answer) {
        check($name, outcome($answer), $invalid);
    }
    foreach ([
        'nothing' => [],
        'half a head' => "{$head}Content-Le",
        'half a body' => "{$head}Content-Length: 5\r\n\r\nhe",
        'half a body, and said so' => "{$head}Connection: close\r\nContent-Length: 5\r\n\r\nhe",
        'no last chunk' => "{$chunked}5\r\nhello\r\n",
    ] as $name => $answer) {
        check($name, outcome($answer), $reset);
    }
    foreach (['head' => ['', 0.3], 'body' => ["{$head}Content-Length: 5\r\n\r\nhe", 0.3], 'chunks' => [$chunked, "1\r\na\r\n", 0.3]] as $name => $answer) {
        check("late $name", outcome($answer, ['timeout' => 0.05]), $late);
    }
    $drops = array_merge(...array_fill(0, 30, ['x', 0.02]));
    $start = microtime(true);
    check('drop by drop', outcome(["{$head}Content-Length: 99\r\n\r\n", ...$drops], ['timeout' => 0.1]), $late);
    check('the time is that of the whole response', microtime(true) - $start < 0.4);

    $text = str_repeat('some text ', 5000);
    $coded = fn (string $name, string $bytes) => outcome(str_split("{$head}Content-Encoding: {$name}\r\nContent-Length: " . strlen($bytes) . "\r\n\r\n{$bytes}", 100));
    check('gzip', $coded('gzip', gzencode($text)), $ok($text));
    check('deflate', $coded('deflate', gzcompress($text)), $ok($text));
    check('bare deflate', $coded('deflate', gzdeflate($text)), $ok($text));
    check('identity', $coded('identity', 'text'), $ok('text'));
    check('not coded at all', $coded('gzip', 'plain text'), $ok('plain text'));
    $packed = gzencode('text');
    check('not decoded', outcome("{$head}Content-Encoding: gzip\r\n\r\n{$packed}", ['body_decompression' => false]), $ok($packed));

    // 100 MiB of zeros in 100 KiB: more than PHP may have.
    $bomb = gzencode(str_repeat("\0", 10 << 20));
    $bombs = str_repeat($bomb, 10);
    [$done, $status, $code, $body] = outcome("{$head}Content-Encoding: gzip\r\n\r\n{$bombs}");
    check('a bomb', [$done, $status, $code, $body], [false, SWOOLE_HTTP_CLIENT_ESTATUS_SERVER_RESET, SWOOLE_ERROR_PACKAGE_LENGTH_TOO_LARGE, '']);
    $file = getenv('TEST_TMP') . '/zeros';
    $client = against("{$head}Content-Encoding: gzip\r\n\r\n{$bombs}", ['timeout' => 10], fn ($client) => $client->download('/', $file))[4];
    check('on disk it is what was asked for', [$client->statusCode, $client->body, filesize($file), $client->downloadFile], [200, '', 100 << 20, null]);
    unlink($file);

    file_put_contents($file, 'abcdef');
    against("{$head}Content-Length: 2\r\n\r\nXY", [], fn ($client) => $client->download('/', $file, 3));
    check('from an offset on', file_get_contents($file), 'abcXYf');
    [$done, $status] = outcome("{$head}Content-Length: 2\r\n\r\nXY", [], fn ($client) => $client->download('/', '/nowhere/x'));
    check('no such folder', [$done, $status], [false, SWOOLE_HTTP_CLIENT_ESTATUS_SERVER_RESET]);

    $pieces = [];
    $write = function (Client $client, string $data) use (&$pieces) {
        $pieces[] = $data;
        if ($data === 'stop') {
            check('close() in it', $client->close(), true);
        }
        if ($data === 'throw') {
            throw new Exception('thrown');
        }
        Co::sleep(0.001);
    };
    check('write_func', outcome([$chunked, "1\r\na\r\n", "2\r\nbc\r\n0\r\n\r\n"], ['write_func' => $write]), $ok(''));
    check('in pieces', $pieces, ['a', 'bc']);
    check('stopped', outcome([$chunked, "4\r\nstop\r\n", "1\r\na\r\n0\r\n\r\n"], ['write_func' => $write])[1], SWOOLE_HTTP_CLIENT_ESTATUS_SERVER_RESET);
    try {
        outcome([$chunked, "5\r\nthrow\r\n0\r\n\r\n"], ['write_func' => $write]);
    } catch (Exception $thrown) {
        check('thrown', $thrown->getMessage(), 'thrown');
    }
    [, , , , $client] = against(["{$head}Content-Type: text/event-stream\r\n\r\n", "data: 1\n\n", "data: 2\n\n"]);
    check('events', [$client->statusCode, $client->connected], [200, true]);
    check('go on', substr($client->socket->recvAll(18, 1), -18), "data: 1\n\ndata: 2\n\n");
});
echo "done\n";
?>
--EXPECT--
ok: by length
ok: by chunks
ok: trailers
ok: by the end
ok: no body
ok: interim
ok: HEAD
ok: names as they came
ok: names that are numbers
ok: bytes behind it end the connection
ok: garbage
ok: another protocol
ok: two lengths
ok: length and chunks
ok: no number
ok: bad name
ok: bad chunk
ok: chunk without an end
ok: head too large
ok: one endless line
ok: trailers too large
ok: nothing
ok: half a head
ok: half a body
ok: half a body, and said so
ok: no last chunk
ok: late head
ok: late body
ok: late chunks
ok: drop by drop
ok: the time is that of the whole response
ok: gzip
ok: deflate
ok: bare deflate
ok: identity
ok: not coded at all
ok: not decoded
ok: a bomb
ok: on disk it is what was asked for
ok: from an offset on
ok: no such folder
ok: write_func
ok: in pieces
ok: close() in it
ok: stopped
ok: thrown
ok: events
ok: go on
done
