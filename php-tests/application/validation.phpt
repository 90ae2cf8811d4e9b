--TEST--
Application: rules as attributes: all errors at once, in forms, lists and objects, in other words
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
    use Highper\Attribute\{Body, Date, Each, Email, In, Length, Query, Range, Regex, Required, Unique, Url, Uuid, When, Header};
    use Highper\Http\Request;
    use Highper\Validation\{Rule, Translator, Validator};
    #[Attribute] final class Even implements Rule {
        public function check(mixed $value, array $fields): ?string { return $value % 2 ? "must be even, as {$fields['name']} says" : null; }
    }
    enum Size: int { case Small = 1; case Big = 2; }
    final class Users { public function __construct(private Log $log) {} public function has(string $name): bool { usleep(100); $this->log->asked++; return $name === 'root'; } }
    final class Log { public int $asked = 0; }
    final readonly class In2 {}
    final readonly class Item { public function __construct(#[Length(1, 5)] public string $label, #[Range(1)] public int $count = 1) {} }
    final readonly class Account {
        public function __construct(
            #[Length(3, 8), Regex('/^[a-z]+$/', message: 'may have small letters only'), Unique([Users::class, 'has'])] public string $name,
            #[Email] public string $email,
            #[Range(0, 150)] public int $age,
            #[Url] public ?string $site = null,
            #[Uuid(4)] public ?string $id = null,
            #[In(['a', 'b'])] public string $kind = 'a',
            #[When('kind', 'b', new Required, new Length(2, message: '{min} or more'))] public ?string $why = null,
            #[Each(new Email), Length(max: 2)] public array $share = [],
            #[Each(Item::class), Length(max: 3)] public array $items = [],
            #[Even] public int $even = 0,
            #[In([Size::Big])] public Size $size = Size::Big,
            #[Each('int', new Range(max: 9))] public array $numbers = [],
        ) {}
    }
    final class German implements Translator {
        public function __construct(private Request $request) {}
        public function translate(string $rule, array $parameters, string $message): string {
            return $this->request->header('Accept-Language') === 'de' ? "[{$rule}:" . implode(',', $parameters) . ']' : $message;
        }
    }
    exit(Application::create(basePath: __DIR__)
        ->scoped(Translator::class, German::class)
        ->post('/account', fn (#[Body] Account $a) => $a)
        ->post('/many', fn (#[Body, Each(Item::class), Length(min: 1)] array $items) => array_map(fn (Item $i) => $i->label, $items))
        ->get('/asked', fn (Log $log) => [$log->asked])
        ->get('/page/{n}', fn (#[Range(1, 99)] int $n, #[Query, Range(1, 10)] int $size = 5, #[Query, Each('int', new Range(1))] array $ids = [], #[Header('X-Id'), Uuid] ?string $id = null) => [$n, $size, $ids, $id])
        ->get('/validator', fn (Validator $v) => [$v->errors(Account::class, ['name' => 'root', 'email' => 'a@b.cd', 'age' => 1]), $v->errors(Account::class, ['name' => 'anna', 'email' => 'a@b.cd', 'age' => '1'], texts: true)])
        ->run([$argv[0], "--workers", "1"]));
    PHP);
$post = function (string $path, string $body, array $headers = [], string $type = 'application/json') use ($server) {
    $answer = $server->request('POST', $path, $body, ['Content-Type' => $type] + $headers);
    return $answer->status === 422 ? $answer->json()['errors'] : [$answer->status, $answer->body];
};
$good = ['name' => 'anna', 'email' => 'a@b.cd', 'age' => 7];
check('good', $post('/account', json_encode($good)), [200, '{"name":"anna","email":"a@b.cd","age":7,"site":null,"id":null,"kind":"a","why":null,"share":[],"items":[],"even":0,"size":2,"numbers":[]}']);
check('all at once', $post('/account', '{"name":"X1","email":"nobody","age":200,"site":"ftp://x","id":"1","kind":"c","share":["a@b.cd","no","x"],"items":[{"label":"fine"},{"label":"longer","count":0},{}],"even":3,"size":1,"numbers":[1,"2",10]}'), [
    'name' => ['must have 3 to 8 characters', 'may have small letters only'],
    'email' => ['must be an e-mail address'],
    'age' => ['must be from 0 to 150'],
    'site' => ['must be a URL'],
    'id' => ['must be a UUID'],
    'kind' => ['must be one of a, b'],
    'share.1' => ['must be an e-mail address'],
    'share.2' => ['must be an e-mail address'],
    'share' => ['must have at most 2 entries'],
    'items.1.label' => ['must have 1 to 5 characters'],
    'items.1.count' => ['must be at least 1'],
    'items.2.label' => ['is required'],
    'even' => ['must be even, as X1 says'],
    'size' => ['must be one of 2'],
    'numbers.1' => ['must be an integer, string given'],
]);
check('types first', $post('/account', '{"name":7,"email":null,"age":"x"}'), ['name' => ['must be a text, int given'], 'email' => ['must be a text, null given'], 'age' => ['must be an integer, string given']]);
check('nothing', $post('/account', '{}'), ['name' => ['is required'], 'email' => ['is required'], 'age' => ['is required']]);
check('when', [$post('/account', json_encode($good + ['kind' => 'b'])), $post('/account', json_encode($good + ['kind' => 'b', 'why' => 'x'])), $post('/account', json_encode($good + ['kind' => 'b', 'why' => null]))],
    [['why' => ['is required']], ['why' => ['2 or more']], ['why' => ['is required']]]);
check('when not', $post('/account', json_encode($good + ['why' => 'x']))[0], 200);
$asked = $server->get('/asked')->json()[0];
check('unique', $post('/account', json_encode(['name' => 'root'] + $good)), ['name' => ['is taken already']]);
check('asked only where the rest is good', [$post('/account', json_encode(['name' => 'ROOT'] + $good)), $server->get('/asked')->json()[0] - $asked], [['name' => ['may have small letters only']], 1]);
check('form', $post('/account', 'name=anna&email=a@b.cd&age=7&numbers[]=3&numbers[]=4&size=2', [], 'application/x-www-form-urlencoded')[0], 200);
check('form, wrong', $post('/account', 'name=anna&email=a@b.cd&age=7.5&numbers[]=x&kind=b', [], 'application/x-www-form-urlencoded'), ['age' => ['must be an integer, string given'], 'why' => ['is required'], 'numbers.0' => ['must be an integer, string given']]);
check('translated', $post('/account', '{"name":"X","email":"a@b.cd","age":-1}', ['Accept-Language' => 'de']), ['name' => ['[length:3,8]', '[regex:]'], 'age' => ['[range:0,150]']]);
check('list', [$post('/many', '[{"label":"a"},{"label":"b"}]'), $post('/many', '[{"label":"a"},{"label":""}]'), $post('/many', '[]')], [[200, '["a","b"]'], ['1.label' => ['must have 1 to 5 characters']], ['' => ['must have at least 1 entry']]]);
$get = fn (string $path, array $headers = []) => [($a = $server->get($path, $headers))->status, $a->status < 300 ? $a->body : $a->json()['detail']];
check('path and query', $get('/page/5?size=2&ids[]=4', ['X-Id' => 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6']), [200, '[5,2,[4],"f81d4fae-7dec-41d0-a765-00a0c91e6bf6"]']);
check('path', $get('/page/100'), [404, 'n must be from 1 to 99']);
check('query', $get('/page/1?size=11'), [400, 'size must be from 1 to 10']);
check('query list', $get('/page/1?ids[]=1&ids[]=0&ids[]=x'), [400, 'ids.2 must be an integer, string given']);
check('header', $get('/page/1', ['X-Id' => 'x']), [400, 'X-Id must be a UUID']);
check('the validator', $server->get('/validator')->json(), [['name' => ['is taken already']], []]);
check('end', $server->stop(), 0);

$fails = function (string $rule): string {
    $server = Server::start("<?php use Highper\\Attribute\\{Body, Each, Email, In, Length, Range, Regex, Unique, Uuid, When};\ninterface Store {} final class Asks { function __construct(Store \$s) {} function has() {} } final class D { function __construct({$rule}) {} }\nexit(Highper\\Application::create(__DIR__)->post('/', fn (#[Body] D \$d) => 1)->run([\$argv[0], '--workers', '1']));", wait: false);
    $exit = $server->waitForEnd();
    return "{$exit} " . trim(preg_replace(['~^\{.*\n~m', '~/\S*/~'], '', $server->log())) . "\n";
};
echo $fails('#[Length(5, 1)] public string $x');
echo $fails('#[Range("a")] public int $x');
echo $fails('#[Regex("x")] public string $x');
echo $fails('#[Unique(["Nobody", "has"])] public string $x');
echo $fails('#[Unique([Asks::class, "has"])] public string $x');
echo $fails('#[Each(7)] public array $x');
echo $fails('#[Each("Nope")] public array $x');
echo $fails('public Iterator $x');
?>
--EXPECTF--
ok: good
ok: all at once
ok: types first
ok: nothing
ok: when
ok: when not
ok: unique
ok: asked only where the rest is good
ok: form
ok: form, wrong
ok: translated
ok: list
ok: path and query
ok: path
ok: query
ok: query list
ok: header
ok: the validator
ok: end
1 highper: cannot start: route POST / (%s:3): its parameter $d is wrong: #[Length] on $x of D::__construct() in %s:2: Highper\Attribute\Length::__construct(): Argument #2 ($max) must not be less than the minimum
1 highper: cannot start: route POST / (%s:3): its parameter $d is wrong: #[Range] on $x of D::__construct() in %s:2: Highper\Attribute\Range::__construct(): Argument #1 ($min) must be a number, string given
1 highper: cannot start: route POST / (%s:3): its parameter $d is wrong: #[Regex] on $x of D::__construct() in %s:2: Highper\Attribute\Regex::__construct(): Argument #1 ($pattern) must be a regular expression with delimiters
1 highper: cannot start: route POST / (%s:3): its parameter $d is wrong: #[Unique] on $x of D::__construct() in %s:2: there is no class Nobody
1 highper: cannot start: Asks -> Store: it is an interface; bind it: ->bind(Store::class, …)
1 highper: cannot start: route POST / (%s:3): its parameter $d is wrong: #[Each] on $x of D::__construct() in %s:2: a type or a rule is expected, int given
1 highper: cannot start: route POST / (%s:3): its parameter $d (D) has $x (Nope) is no class that can be made of a body
1 highper: cannot start: route POST / (%s:3): its parameter $d (D) has $x (Iterator) is no class that can be made of a body
