--TEST--
Application: JSON of bodies is what json_decode makes of it
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Http\{HttpException, Request};
    $of = function (callable $decode): string {
        try { return serialize($decode()); } catch (HttpException | JsonException $e) { return preg_replace('~^The body is not valid JSON: ~', '', $e->getMessage()); }
    };
    exit(Highper\Application::create(basePath: __DIR__)
        ->post('/', function (Request $r) use ($of) {
            $ours = $of(fn () => $r->json());
            $theirs = $of(fn () => json_decode($r->body(), true, 512, JSON_THROW_ON_ERROR));
            return $ours === $theirs ? 'same' : "ours {$ours}, theirs {$theirs}";
        })
        ->run([$argv[0], "--workers", "1"]));
    PHP);
$client = new HighperTest\HttpClient($server->port);
$wrong = 0;
$try = function (string $json) use ($client, &$wrong): void {
    $answer = $client->request('POST', '/', $json, ['Content-Type' => 'application/json']);
    if ($answer->body !== 'same' && $wrong++ < 10) {
        echo 'WRONG: ', substr($json, 0, 200), ': ', $answer->status, ' ', substr($answer->body, 0, 300), "\n";
    }
};
$known = ['', ' ', 'null', 'true', 'false', 'TRUE', 'nul', 'nullx', '0', '-0', '-1', '01', '-', '+1', '1.', '.5', '1.5', '-1.5e3', '1e5', '1E+2', '1e', '1e-', '-0.0', '0e0', '1e999', '-1e999', '123456789012345678',
    '1234567890123456789', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '12345678901234567890123', '0.1', '1e-400', '3.141592653589793238462643', '"', '""', '"a"', '"ab', "\"a\nb\"", "\"a\tb\"", '"\n\t\r\b\f\/\\\""',
    '"\u00e4"', '"\u20AC"', '"\ud83d\ude00"', '"\ud83d"', '"\ude00x"', '"\u0000"', '"\u12"', '"\x"', '"äöü€😀"', "\"\xff\"", "\"\xc3\"", "\xef\xbb\xbf1", '[]', '[ ]', '[1]', '[1,]', '[,]', '[1 2]', '[1,2', ']', '{}', '{ }',
    '{"a":1}', '{"a":1,}', '{"a" : [1, {"b" : null}] }', '{a:1}', '{"a"}', '{"a":}', '{"a":1 "b":2}', '{"a":1,"a":2}', '{"":1}', '{"0":1,"1":2}', '{"-5":1,"007":2,"9999999999999999999":3}', '{"a\n":1}', '{"\u0000a":1}', "{\"a\x00\":1}", '1 2', '{} []', '"a" x',
    str_repeat('[', 511) . str_repeat(']', 511), str_repeat('[', 512) . str_repeat(']', 512), str_repeat('[', 513) . str_repeat(']', 513), str_repeat('{"a":', 512) . '1' . str_repeat('}', 512), str_repeat('{"a":', 513) . '1' . str_repeat('}', 513), str_repeat('[', 100000),
    "\n\t [ 1 ,\r\n 2 ] \n"];
array_map($try, $known);
check('by hand', $wrong, 0);
mt_srand(7);
$make = function (int $depth) use (&$make): mixed {
    return match (mt_rand(0, $depth > 4 ? 5 : 8)) {
        0 => null, 1 => (bool) mt_rand(0, 1), 2 => mt_rand(-1000, 1000), 3 => mt_rand() * mt_rand(), 4 => mt_rand(-1000, 1000) / 7,
        5 => implode('', array_map(fn () => ['a', 'ä', '€', '😀', '"', '\\', "\n", "\x01", '/', ' '][mt_rand(0, 9)], range(1, mt_rand(1, 8)))),
        6 => array_map(fn () => $make($depth + 1), range(1, mt_rand(1, 5))),
        default => array_combine(array_map(fn () => ['k', '', '1', 'ö', "q\"", '-3'][mt_rand(0, 5)] . mt_rand(0, 9), $list = range(1, mt_rand(1, 5))), array_map(fn () => $make($depth + 1), $list)),
    };
};
for ($i = 0; $i < 400; $i++) {
    $json = json_encode($make(0), [0, JSON_UNESCAPED_UNICODE, JSON_PRETTY_PRINT, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES][$i % 4]);
    $try($json);
    $json[mt_rand(0, strlen($json) - 1)] = chr(mt_rand(0, 255));
    $try($json);
}
check('at random, whole and spoiled', $wrong, 0);
check('end', $server->stop(), 0);
?>
--EXPECT--
ok: by hand
ok: at random, whole and spoiled
ok: end
