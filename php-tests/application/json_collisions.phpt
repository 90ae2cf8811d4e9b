--TEST--
Application: JSON whose names were made to meet in PHP's hash tables is refused before it is read, so that it holds no worker up
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Attribute\Body;
    use Highper\Http\Request;
    final readonly class Item { public function __construct(public string $a = 'none') {} }
    exit(Highper\Application::create(__DIR__)
        ->post('/json', fn (Request $r) => count($r->json()))
        ->post('/array', fn (#[Body] array $all) => count($all))
        ->post('/item', fn (#[Body] Item $item) => $item->a)
        ->get('/', fn () => 'here')
        ->run([$argv[0], '--workers', '1']));
    PHP);
$names = fn (callable $name, int $count = 60_000) => '{' . implode(',', array_map(fn ($n) => json_encode((string) $name($n)) . ':1', range(1, $count))) . '}';
$bodies = [
    'numbers that meet' => $names(fn ($n) => $n * 65536),
    'texts that meet' => $names(fn ($n) => implode('', array_map(fn ($bit) => $n >> $bit & 1 ? 'FY' : 'Ez', range(0, 15))), 30_000),
    'inside of others' => '[{"a":[' . $names(fn ($n) => $n * 131072) . ']}]',
    'written with escapes' => preg_replace('/"(\d)/', '"\u003$1', $names(fn ($n) => $n * 65536)),
    'numbers in order' => $names(fn ($n) => $n),
    'plain names' => $names(fn ($n) => "name {$n}"),
    'days in milliseconds' => $names(fn ($n) => $n * 86_400_000, 20_000),
];
foreach ($bodies as $what => $body) {
    $statuses = array_map(fn ($path) => $server->request('POST', $path, $body, ['Content-Type' => 'application/json'])->status, ['/json', '/array', '/item']);
    echo "{$what}: ", implode(' ', $statuses), "\n";
}
$told = $server->request('POST', '/json', $bodies['numbers that meet'], ['Content-Type' => 'application/json', 'Accept' => 'application/json'])->json();
check('why', $told['detail'], 'The body has names that were made to meet in hash tables.');
check('it serves on', [$server->get('/')->body, $server->stop()], ['here', 0]);
?>
--EXPECT--
numbers that meet: 400 400 400
texts that meet: 400 400 400
inside of others: 400 400 400
written with escapes: 400 400 400
numbers in order: 200 200 200
plain names: 200 200 200
days in milliseconds: 200 200 200
ok: why
ok: it serves on
