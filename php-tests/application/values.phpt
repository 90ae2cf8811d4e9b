--TEST--
Application: dates, objects of a text, lists, uploads, handlers that are generators
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check as plain;
use HighperTest\Server;

/** Members of JSON objects have no order. */
function sorted(mixed $value): mixed {
    if (is_array($value)) {
        $value = array_map(sorted(...), $value);
        array_is_list($value) || ksort($value);
    }
    return $value;
}
function check(string $what, mixed $got, mixed $wanted = true): void { plain($what, sorted($got), sorted($wanted)); }

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Attribute\{Body, Controller, Date, Each, File, Get, Query};
    use Highper\Http\{NotFound, Upload};
    use function Highper\{async, scope};
    final readonly class Uuid {
        private function __construct(public string $hex) {}
        public static function fromString(string $text): self { return preg_match('/^[0-9a-f]{4}$/', $text) ? new self($text) : throw new InvalidArgumentException('no'); }
    }
    final class Day extends DateTimeImmutable {}
    enum Colour: string { case Red = 'red'; case Blue = 'blue'; }
    final readonly class Point { public function __construct(public int $x, public int $y = 0) {} }
    final readonly class Node { public function __construct(public string $name, #[Each(Node::class)] public array $children = []) {} }
    final readonly class Event {
        public function __construct(public DateTimeInterface $at, #[Date('d.m.Y')] public ?DateTimeImmutable $day = null, public ?Uuid $id = null,
            #[Each(Colour::class)] public array $colours = [], #[Each(Point::class)] public array $points = [], #[Each(DateTimeImmutable::class)] public array $days = []) {}
    }
    final readonly class Filter { public function __construct(public int $page = 1, public ?Colour $colour = null, #[Each('int')] public array $ids = []) {} }
    final readonly class Photo { public function __construct(public string $title, public Upload $photo, public ?Upload $small = null) {} }
    final class Flow {
        public array $log = [];
        public function sub(int $n) { try { $x = yield async(function () use ($n) { usleep(1000); return $n * 2; }); return $x + 1; } finally { $this->log[] = "sub {$n}"; } }
        public function all() {
            $a = yield async(fn () => 1);
            $b = yield $this->sub(10);
            [$c, $d] = yield [async(fn () => 2), async(fn () => 3)];
            $plain = yield 'as it is';
            try { yield async(fn () => throw new DomainException('caught')); } catch (DomainException $e) { $caught = $e->getMessage(); }
            return [$a, $b, $c, $d, $plain, $caught, $this->log];
        }
        public function none() { yield async(fn () => throw new NotFound('nothing here')); }
        public function empty() { yield 1; }
        public function deep() { try { yield $this->none(); } catch (NotFound $e) { throw new NotFound('outer ' . $e->getMessage()); } }
    }
    $tell = fn ($v) => $v instanceof DateTimeInterface ? get_class($v) . ' ' . $v->format('c') : $v;
    exit(Application::create(basePath: __DIR__)
        ->get('/date/{d}', fn (DateTimeImmutable $d, #[Query, Date('m/Y')] ?DateTimeImmutable $month = null) => [$tell($d), $month?->format('Y-m-d H:i')])
        ->get('/day/{d}', fn (Day $d) => [$tell($d)])
        ->get('/uuid/{id}', fn (Uuid $id, #[Query] ?Uuid $other = null) => [$id->hex, $other?->hex])
        ->get('/filter', fn (#[Query] Filter $filter) => $filter)
        ->post('/event', fn (#[Body] Event $e) => [$tell($e->at), $tell($e->day), $e->id?->hex, array_map(fn ($c) => $c->name, $e->colours), $e->points, array_map($tell, $e->days)])
        ->post('/tree', fn (#[Body] Node $n) => $n)
        ->post('/upload', fn (#[File(max: 20)] Upload $photo, #[File('docs')] array $docs, #[File] ?Upload $none = null) => [$photo->name, $photo->type, $photo->size, $photo->contents(), array_map(fn (Upload $u) => $u->name, $docs), $none])
        ->post('/photo', function (#[Body] Photo $p) { $to = tempnam(sys_get_temp_dir(), 'up'); $p->photo->moveTo($to); $is = [$p->title, file_get_contents($to), is_file($p->photo->path), $p->small]; unlink($to); return $is; })
        ->get('/flow', [Flow::class, 'all'])->get('/none', [Flow::class, 'none'])->get('/empty', [Flow::class, 'empty'])->get('/deep', [Flow::class, 'deep'])
        ->settings(['max_body_size' => '8M'])
        ->run([$argv[0], "--workers", "1"]));
    PHP, ini: ['date.timezone' => 'UTC']);
$get = fn (string $path) => [($a = $server->get($path))->status, $a->status < 300 ? $a->body : $a->json()['detail'] ?? null];
$post = function (string $path, string $body, string $type = 'application/json') use ($server) {
    $answer = $server->request('POST', $path, $body, ['Content-Type' => $type]);
    return $answer->status === 422 ? $answer->json()['errors'] : [$answer->status, $answer->status < 300 ? $answer->body : $answer->json()['detail'] ?? null];
};
check('date', $get('/date/2024-02-29?month=05/2024'), [200, '["DateTimeImmutable 2024-02-29T00:00:00+00:00","2024-05-01 00:00"]']);
check('no date', $get('/date/2023-02-29'), [404, 'd must be a date as 2024-12-31 or 2024-12-31T23:59:59Z']);
check('no date of the form', $get('/date/2024-02-29?month=13/2024'), [400, 'month must be a date of the form m/Y']);
check('a class of dates', $get('/day/2024-02-29T10:00:00+02:00'), [200, '["Day 2024-02-29T10:00:00+02:00"]']);
check('object of a text', [$get('/uuid/00ff?other=1234'), $get('/uuid/xyz'), $get('/uuid/00ff?other=5')], [[200, '["00ff","1234"]'], [404, 'id must be a valid Uuid'], [400, 'other must be a valid Uuid']]);
check('query as an object', $get('/filter?page=2&colour=red&ids[]=5'), [200, '{"page":2,"colour":"red","ids":[5]}']);
check('query as an object, wrong', $server->get('/filter?page=x&colour=pink')->json()['errors'], ['page' => ['must be an integer, string given'], 'colour' => ['must be one of red, blue']]);
check('event', $post('/event', '{"at":"2024-02-29T12:00:00Z","day":"28.02.2024","id":"00ff","colours":["red","blue"],"points":[{"x":1},{"x":2,"y":3}],"days":["2024-01-01"]}'),
    [200, '["DateTimeImmutable 2024-02-29T12:00:00+00:00","DateTimeImmutable 2024-02-28T00:00:00+00:00","00ff",["Red","Blue"],[{"x":1,"y":0},{"x":2,"y":3}],["DateTimeImmutable 2024-01-01T00:00:00+00:00"]]']);
check('event, wrong', $post('/event', '{"at":"tomorrow","day":"31.02.2024","id":7,"colours":["red","pink",1],"points":[{"y":"a"},5],"days":"x"}'), [
    'at' => ['must be a date as 2024-12-31 or 2024-12-31T23:59:59Z'], 'day' => ['must be a date of the form d.m.Y'], 'id' => ['must be a valid Uuid'],
    'colours.1' => ['must be one of red, blue'], 'colours.2' => ['must be one of red, blue'], 'points.0.x' => ['is required'], 'points.0.y' => ['must be an integer, string given'], 'points.1' => ['must be an object'], 'days' => ['must be a list']]);
check('a class in itself', $post('/tree', '{"name":"a","children":[{"name":"b","children":[{"name":"c"}]}]}'), [200, '{"name":"a","children":[{"name":"b","children":[{"name":"c","children":[]}]}]}']);
$deep = str_repeat('{"name":"n","children":[', 100) . str_repeat(']}', 100);
check('too deep a tree', array_values($post('/tree', $deep)), [['is nested deeper than 64 objects']]);
check('JSON nested 10,000 deep', $post('/tree', str_repeat('[', 10000) . str_repeat(']', 10000))[0], 400);
check('JSON objects nested 10,000 deep', $post('/tree', str_repeat('{"children":[', 10000) . str_repeat(']}', 10000))[0], 400);
$part = fn (string $name, string $body, ?string $file = null) => "--b\r\nContent-Disposition: form-data; name=\"{$name}\"" . ($file === null ? '' : "; filename=\"{$file}\"\r\nContent-Type: image/png") . "\r\n\r\n{$body}\r\n";
$form = 'multipart/form-data; boundary=b';
check('uploads', $post('/upload', $part('photo', 'bytes', 'p.png') . $part('docs[]', '1', 'a.txt') . $part('docs[]', '2', 'b.txt') . "--b--\r\n", $form), [200, '["p.png","image/png",5,"bytes",["a.txt","b.txt"],null]']);
check('no upload', $post('/upload', $part('x', 'y') . "--b--\r\n", $form), ['photo' => ['is required']]);
check('too large', $post('/upload', $part('photo', str_repeat('x', 21), 'p.png') . "--b--\r\n", $form), ['photo' => ['must have at most 20 bytes']]);
check('an upload in an object', $post('/photo', $part('title', 'me') . $part('photo', 'bytes', 'p.png') . "--b--\r\n", $form), [200, '["me","bytes",false,null]']);
check('a text is no upload', $post('/photo', $part('title', 'me') . $part('photo', 'bytes') . "--b--\r\n", $form), ['photo' => ['is required']]);
$many = $server->request('POST', '/photo', implode('', array_map(fn ($n) => $part("f{$n}", 'x'), range(1, 10000))) . "--b--\r\n", ['Content-Type' => $form]);
check('10,000 fields', [$many->status, $many->body], [413, 'the form has more than 1000 fields']);
check('generator', $get('/flow'), [200, '[1,21,2,3,"as it is","caught",["sub 10"]]']);
check('thrown in a generator', [$get('/none'), $get('/deep')], [[404, 'nothing here'], [404, 'outer nothing here']]);
check('without a return', $server->get('/empty')->status, 204);
check('end', $server->stop(), 0);
?>
--EXPECT--
ok: date
ok: no date
ok: no date of the form
ok: a class of dates
ok: object of a text
ok: query as an object
ok: query as an object, wrong
ok: event
ok: event, wrong
ok: a class in itself
ok: too deep a tree
ok: JSON nested 10,000 deep
ok: JSON objects nested 10,000 deep
ok: uploads
ok: no upload
ok: too large
ok: an upload in an object
ok: a text is no upload
ok: 10,000 fields
ok: generator
ok: thrown in a generator
ok: without a return
ok: end
