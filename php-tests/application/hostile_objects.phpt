--TEST--
Application: bodies for classes that refer to themselves, inherit, come from traits, have defaults that are computed, or throw: each is made, or answered
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Attribute\{Body, Cookie, Each, Header, Query};
    enum Level: int { case Low = 0; case Lowest = PHP_INT_MIN; }
    enum Color: string { case Red = 'red'; case Blue = 'blue'; }
    interface A {} interface B {}
    final class Tree { public function __construct(public ?self $left = null, public int $n = 0) {} }
    final class Counted { public static int $made = 0; public function __construct(public int $a = 1) { self::$made++; } }
    final class Throws { public function __construct(public int $a = 1) { throw new DomainException('no'); } }
    final class Ends { public function __construct(public int $a = 1) { exit(1); } }
    final class Mistaken { public function __construct(public int $a = 1) { $this->a = 'x'; } }
    final class Computed { const X = 3; public function __construct(public int $a = self::X * 2, public array $b = [Color::Red, PHP_INT_MAX], public ?Tree $c = new Tree(n: 4)) {} }
    readonly class Parents { public function __construct(public int $a) {} }
    final readonly class Child extends Parents { public function __construct(int $a, public int $b = 2) { parent::__construct($a); } }
    trait Made { public function __construct(public int $a = 4) {} }
    final class Traited { use Made; }
    final class Hidden { public function __construct(private int $a = 4) {} public function a(): int { return $this->a; } }
    final readonly class Inner { public function __construct(public ?int $n = null, public int|string|null $u = null, public ?Color $c = null) {} }
    final readonly class Edge { public function __construct(public Level $level, #[Each(Inner::class)] public ?array $inners = null, #[Each(Color::class)] public array $colors = [Color::Red], public int|float|bool $number = 1.5) {} }
    $app = Highper\Application::create(basePath: __DIR__);
    foreach (['tree' => fn (#[Body] Tree $x) => $x, 'counted' => fn (#[Body] Counted $x) => [$x->a, Counted::$made], 'throws' => fn (#[Body] Throws $x) => $x, 'ends' => fn (#[Body] Ends $x) => $x,
        'mistaken' => fn (#[Body] Mistaken $x) => $x, 'computed' => fn (#[Body] Computed $x) => $x, 'child' => fn (#[Body] Child $x) => $x, 'traited' => fn (#[Body] Traited $x) => $x,
        'hidden' => fn (#[Body] Hidden $x) => $x->a(), 'edge' => fn (#[Body] Edge $x) => $x, 'nullable' => fn (#[Body] ?Child $x = null) => $x, 'mixed' => fn (#[Body] mixed $x) => $x, 'iterable' => fn (#[Body] iterable $x) => $x,
        'both' => fn (#[Body] Traited $x, #[Body] array $y) => [$x, $y], 'set' => fn ((A&B)|null $x = null) => [$x], 'false' => fn (#[Query] int|false $x = false) => [$x]] as $path => $handler) {
        $app->post("/{$path}", $handler);
    }
    exit($app->run([$argv[0], '--workers', '1']));
    PHP);
foreach ([
    'tree' => ['{}', '{"left":{"left":{"n":2},"n":1}}', '{"left":5}'], 'counted' => ['{}', '{"a":9}'], 'throws' => ['{}', '{"a":"x"}'], 'ends' => ['{}'], 'mistaken' => ['{}'], 'computed' => ['{}', '{"c":null}', '{"c":{"n":1}}'],
    'child' => ['{"a":1}', '{}', '{"a":99999999999999999999}'], 'traited' => ['{}', '{"a":1}'], 'hidden' => ['{"a":8}'],
    'edge' => ['{"level":0}', '{"level":"0"}', '{"level":0.0}', '{"level":-9223372036854775808}', '{"level":9223372036854775808}', '{"level":0,"inners":[null]}', '{"level":0,"inners":[{"u":1,"c":"red"},{"u":"x"},{"u":1.5}]}',
        '{"level":0,"inners":{"a":{"n":1}},"number":true}', '{"level":0,"colors":["blue","green",3,null]}', '{"level":0,"number":"x"}', '{"level":0,"level":1}', '[]', '', 'null', '5', '{"level":"\ud800"}'],
    'nullable' => ['{"a":1}', '{}'], 'mixed' => ['[1]', '{"a":null}'], 'iterable' => ['[]'], 'both' => ['{"a":3,"b":4}'], 'set' => ['{}'], 'false?x=5' => ['{}'], 'false' => ['{}'],
] as $path => $bodies) {
    foreach ($bodies as $body) {
        $answer = $server->request('POST', "/{$path}", $body, ['Content-Type' => 'application/json']);
        $said = $answer->status < 300 ? $answer->body : json_encode($answer->json()['errors'] ?? $answer->json()['detail'] ?? '', JSON_UNESCAPED_SLASHES);
        echo "{$path} {$body}: {$answer->status} {$said}\n";
    }
}
check('by one worker', substr_count($server->log(), 'listening'), 1);
check('end', $server->stop(), 0);
?>
--EXPECT--
tree {}: 200 {"left":null,"n":0}
tree {"left":{"left":{"n":2},"n":1}}: 200 {"left":{"left":{"left":null,"n":2},"n":1},"n":0}
tree {"left":5}: 422 {"left":["must be an object"]}
counted {}: 200 [1,1]
counted {"a":9}: 200 [9,2]
throws {}: 500 ""
throws {"a":"x"}: 422 {"a":["must be an integer, string given"]}
ends {}: 500 ""
mistaken {}: 500 ""
computed {}: 200 {"a":6,"b":["red",9223372036854775807],"c":{"left":null,"n":4}}
computed {"c":null}: 200 {"a":6,"b":["red",9223372036854775807],"c":null}
computed {"c":{"n":1}}: 200 {"a":6,"b":["red",9223372036854775807],"c":{"left":null,"n":1}}
child {"a":1}: 200 {"a":1,"b":2}
child {}: 422 {"a":["is required"]}
child {"a":99999999999999999999}: 422 {"a":["must be an integer, float given"]}
traited {}: 200 {"a":4}
traited {"a":1}: 200 {"a":1}
hidden {"a":8}: 200 8
edge {"level":0}: 200 {"level":0,"inners":null,"colors":["red"],"number":1.5}
edge {"level":"0"}: 422 {"level":["must be one of 0, -9223372036854775808"]}
edge {"level":0.0}: 422 {"level":["must be one of 0, -9223372036854775808"]}
edge {"level":-9223372036854775808}: 200 {"level":-9223372036854775808,"inners":null,"colors":["red"],"number":1.5}
edge {"level":9223372036854775808}: 422 {"level":["must be one of 0, -9223372036854775808"]}
edge {"level":0,"inners":[null]}: 422 {"inners.0":["must be an object"]}
edge {"level":0,"inners":[{"u":1,"c":"red"},{"u":"x"},{"u":1.5}]}: 422 {"inners.2.u":["must be a text or an integer, float given"]}
edge {"level":0,"inners":{"a":{"n":1}},"number":true}: 200 {"level":0,"inners":{"a":{"n":1,"u":null,"c":null}},"colors":["red"],"number":true}
edge {"level":0,"colors":["blue","green",3,null]}: 422 {"colors.1":["must be one of red, blue"],"colors.2":["must be one of red, blue"],"colors.3":["must be one of red, blue"]}
edge {"level":0,"number":"x"}: 422 {"number":["must be an integer or a number or true or false, string given"]}
edge {"level":0,"level":1}: 422 {"level":["must be one of 0, -9223372036854775808"]}
edge []: 422 {"level":["is required"]}
edge : 422 {"level":["is required"]}
edge null: 400 "The body must be a JSON object or array, null given"
edge 5: 400 "The body must be a JSON object or array, int given"
edge {"level":"\ud800"}: 400 "The body is not valid JSON: Single unpaired UTF-16 surrogate in unicode escape"
nullable {"a":1}: 200 {"a":1,"b":2}
nullable {}: 422 {"a":["is required"]}
mixed [1]: 200 [1]
mixed {"a":null}: 200 {"a":null}
iterable []: 200 []
both {"a":3,"b":4}: 200 [{"a":3},{"a":3,"b":4}]
set {}: 200 [null]
false?x=5 {}: 200 [5]
false {}: 200 [false]
ok: by one worker
ok: end
