--TEST--
Application: JSON of returned values is what json_encode gives
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

file_put_contents(temp_path('values.php'), <<<'PHP'
    <?php
    enum Suit: string { case Hearts = 'H'; }
    class Point { public $x = 1; protected $y = 2; public ?Point $next = null; }
    class Own implements JsonSerializable { function jsonSerialize(): mixed { return ['own' => 1.0]; } }
    mt_srand(7);
    $values = [[], [[]], [1, 2, 3], [1 => 1], ['a' => 1, 5 => 2, '' => 3], [null, true, false], new stdClass, (object) ['1' => 2],
        [PHP_INT_MAX, PHP_INT_MIN, 0, -1], ["\u{2028}\u{2029}\u{20ac}é/\"\\\x01\x1f\x7f\t\n\r\x08\x0c</script>", "\u{1F600}"],
        [0.0, -0.0, 1.0, 0.1, 1 / 3, 1e15, 1e16, 1e17, 1e22, 1e-4, 1e-5, 1.5e-7, 1e100, 5e-324, 1.7976931348623157e308, 123456789012345680.0],
        [new Point, new Own, Suit::Hearts], ['deep' => ['er' => ['est' => [new Own]]]], ["k\u{e9}y" => 1, 'a"b' => 2]];
    $floats = [];
    for ($i = 0; $i < 2000; $i++) {
        $floats[] = unpack('d', pack('q', mt_rand() << 32 | mt_rand()))[1];
        $floats[] = mt_rand() / 1000;
        $floats[] = (mt_rand() - 1e9) * 10 ** mt_rand(-20, 20);
    }
    $values[] = array_values(array_filter($floats, is_finite(...)));
    $r = &$values[2][0];
    return $values;
    PHP);
$server = Server::start(<<<'PHP'
    <?php
    $values = require __DIR__ . '/values.php';
    exit(Highper\Application::create(basePath: __DIR__)
        ->get('/{n}', fn (int $n) => $values[$n])
        ->get('/bad/{what}', fn (string $what) => match ($what) {
            'utf8' => ["\xff"], 'nan' => [NAN], 'deep' => array_reduce(range(1, 600), fn ($a) => [$a], []),
            'deepest' => ['a' => array_reduce(range(1, 30000), fn ($a) => [$a], [])],
            'itself' => (function () { $a = [1]; $a['a'] = ['b' => &$a]; return $a; })(),
        })
        ->run([$argv[0], "--workers", "1"]));
    PHP);
$values = require temp_path('values.php');
$client = new HttpClient($server->port);
$flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
foreach ($values as $n => $value) {
    $body = $client->request('GET', "/{$n}")->body;
    check("value {$n}", $body === json_encode($value, $flags) ?: $body);
}
foreach (['utf8' => 'Malformed UTF-8', 'nan' => 'Inf and NaN', 'deep' => 'Maximum stack depth', 'itself' => 'Recursion detected', 'deepest' => 'Maximum stack depth'] as $what => $why) {
    check($what, $client->request('GET', "/bad/{$what}")->status, 500);
    $server->waitForLog($why);
}
check('and nothing was lost', substr_count($server->log(), 'listening'), 1);
?>
--EXPECTREGEX--
(ok: value \d+\n){15}ok: utf8
ok: nan
ok: deep
ok: itself
ok: deepest
ok: and nothing was lost
