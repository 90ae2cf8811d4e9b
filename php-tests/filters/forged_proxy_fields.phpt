--TEST--
Filters: a quote that a client leaves open in X-Forwarded-For or Forwarded hides nothing of what the proxy adds: nobody becomes the proxy
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Filter\TrustedProxies;
    use Highper\Http\Request;
    $told = fn (Request $r) => [$r->ip(), $r->scheme(), $r->host()];
    exit(Highper\Application::create(basePath: __DIR__)
        ->get('/x', $told, new TrustedProxies('127.0.0.1'))
        ->get('/forwarded', $told, new TrustedProxies('127.0.0.1', headers: 'Forwarded'))
        ->get('/back', fn () => Highper\Http\Response::back('/home'), new TrustedProxies('127.0.0.1'))
        ->run([$argv[0], '--workers', '1']));
    PHP);
$get = fn (string $path, array $headers) => $server->get($path, $headers + ['Host' => 'here'])->json();
// What stands before the last comma is the client's.
foreach (['"10.0.0.1', '"', 'a"b"c"', "\\\"", '""""'] as $forged) {
    check("for: {$forged}", $get('/x', ['X-Forwarded-For' => "{$forged}, 192.0.2.9"])[0], '192.0.2.9');
    check("proto: {$forged}", $get('/x', ['X-Forwarded-For' => '192.0.2.9', 'X-Forwarded-Proto' => "{$forged}, https"])[1], 'https');
    check("Forwarded: {$forged}", $get('/forwarded', ['Forwarded' => "for={$forged}, for=192.0.2.9;proto=https;host=\"a.example\""]), ['192.0.2.9', 'https', 'a.example']);
}
check('an address in quotes', $get('/forwarded', ['Forwarded' => 'for="[2001:db8::1]:80", for="[2001:db8::2]:80";by="a,b"'])[0], '2001:db8::2');
$back = fn (string $referer) => $server->get('/back', ['Host' => 'inside:8080', 'X-Forwarded-Host' => 'site.example', 'Referer' => $referer])->header('Location');
check('back, on the host that the proxy tells', array_map($back, ['https://site.example/notes?page=2', 'https://evil.example/', 'https://site.example//evil.example', 'http://inside:8080/x']), ['/notes?page=2', '/home', '/home', '/home']);
?>
--EXPECT--
ok: for: "10.0.0.1
ok: proto: "10.0.0.1
ok: Forwarded: "10.0.0.1
ok: for: "
ok: proto: "
ok: Forwarded: "
ok: for: a"b"c"
ok: proto: a"b"c"
ok: Forwarded: a"b"c"
ok: for: \"
ok: proto: \"
ok: Forwarded: \"
ok: for: """"
ok: proto: """"
ok: Forwarded: """"
ok: an address in quotes
ok: back, on the host that the proxy tells
