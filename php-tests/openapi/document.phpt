--TEST--
OpenAPI: the document of routes, types, rules and comments, and its page; neither enters PHP
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    namespace App;
    use Highper\Application;
    use Highper\Attribute\{Body, Each, Email, Header, In, Length, Query, Range, Regex, Status};
    enum Delivery: string { case Post = 'post'; case Courier = 'courier'; }
    final readonly class Line { public function __construct(#[Length(1, 20)] public string $name, #[Range(1, 9)] public int $count = 1) {} }
    /** What is ordered. */
    final readonly class Order {
        public function __construct(#[Email] public string $email, #[Regex('/^[A-Z]+$/')] public string $code, public Delivery $delivery, public ?\DateTimeImmutable $at = null,
            #[Each(Line::class), Length(max: 5)] public array $lines = [], #[In(['a', 'b'])] public string $kind = 'a', public ?Order $before = null) {}
    }
    final class Service {}
    final class OrderController {
        /**
         * Takes an order.
         *
         * It is kept for a week.
         * @return Order
         */
        #[Status(201)] public function create(#[Body] Order $order, Service $service): Order { return $order; }
        public function show(int $id, #[Query] int $page = 1, #[Header] ?string $userAgent = null, #[Query('q')] string|null $search = null): ?Order { return null; }
        public function gone(int $id): void {}
    }
    exit(Application::create(__DIR__)->openapi('/docs', 'Orders <1>', '2.1')
        ->post('/orders', [OrderController::class, 'create'])
        ->get('/orders/{id:\d{1,9}}', [OrderController::class, 'show'])
        ->delete('/orders/{id}', [OrderController::class, 'gone'])
        ->get('/ping', fn (): string => 'pong')
        ->run([$argv[0], '--workers', '1']));
    PHP);
$page = $server->get('/docs');
check('a page', [$page->status, $page->header('Content-Type'), str_contains($page->body, "url: '/docs/openapi.json'"), str_contains($page->body, '<title>Orders &lt;1></title>')], [200, 'text/html; charset=utf-8', true, true]);
$answer = $server->get('/docs/openapi.json');
$doc = $answer->json();
check('head', [$answer->header('Content-Type'), $doc['openapi'], $doc['info']], ['application/json', '3.1.0', ['title' => 'Orders <1>', 'version' => '2.1']]);
check('paths', array_map('array_keys', $doc['paths']), ['/orders' => ['post'], '/orders/{id}' => ['delete', 'get'], '/ping' => ['get']]);
$post = $doc['paths']['/orders']['post'];
check('words', [$post['summary'], $post['description'], $post['tags'], $post['operationId']], ['Takes an order.', 'It is kept for a week.', ['Order'], 'OrderController.create']);
check('body', $post['requestBody'], ['content' => ['application/json' => ['schema' => ['$ref' => '#/components/schemas/App.Order']]], 'required' => true]);
check('answers', array_keys($post['responses']), [201, 422, 'default']);
$order = $doc['components']['schemas']['App.Order'];
check('object', [$order['type'], $order['description'], $order['required']], ['object', 'What is ordered.', ['email', 'code', 'delivery']]);
$p = $order['properties'];
check('rules', [$p['email']['format'], $p['code']['pattern'], $p['kind']['enum'], $p['kind']['default'], $p['lines']['maxItems']], ['email', '^[A-Z]+$', ['a', 'b'], 'a', 5]);
check('enum', $p['delivery'], ['enum' => ['post', 'courier'], 'type' => 'string']);
check('date', $p['at']['anyOf'], [['format' => 'date-time', 'type' => 'string'], ['type' => 'null']]);
check('list of objects', $p['lines']['items'], ['$ref' => '#/components/schemas/App.Line']);
check('itself', $p['before']['anyOf'][0], ['$ref' => '#/components/schemas/App.Order']);
check('range', $doc['components']['schemas']['App.Line']['properties']['count'], ['default' => 1, 'maximum' => 9, 'minimum' => 1, 'type' => 'integer']);
$show = $doc['paths']['/orders/{id}']['get'];
check('parameters', array_map(fn ($one) => [$one['in'], $one['name'], $one['required']], $show['parameters']), [['path', 'id', true], ['query', 'page', false], ['header', 'user-agent', false], ['query', 'q', false]]);
check('default', $show['parameters'][1]['schema'], ['default' => 1, 'type' => 'integer']);
check('nothing', array_keys($doc['paths']['/orders/{id}']['delete']['responses']), [204, 'default']);
check('a text', $doc['paths']['/ping']['get']['responses'][200]['content'], ['text/plain' => ['schema' => ['type' => 'string']]]);
check('elsewhere', $server->get('/docs/other')->status, 404);
check('end', $server->stop(), 0);
?>
--EXPECT--
ok: a page
ok: head
ok: paths
ok: words
ok: body
ok: answers
ok: object
ok: rules
ok: enum
ok: date
ok: list of objects
ok: itself
ok: range
ok: parameters
ok: default
ok: nothing
ok: a text
ok: elsewhere
ok: end
