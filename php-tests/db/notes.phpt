--TEST--
Db: controllers, services, objects of rows and transactions as people write them (SQLite)
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

mkdir(temp_path('config'));
mkdir(temp_path('src'));
$file = temp_path('notes.db');
file_put_contents(temp_path('config/db.php'), "<?php return ['url' => 'sqlite:{$file}', 'journal_mode' => 'wal', 'pool' => ['max' => 4], 'reports' => ['driver' => 'sqlite', 'database' => ':memory:']];");
$classes = [
    'Note' => 'final readonly class Note { public function __construct(public int $id, public string $title, public int $owner, public \DateTimeImmutable $createdAt) {} }',
    'CreateNote' => 'final readonly class CreateNote { public function __construct(#[Length(1, 200)] public string $title) {} }',
    'Notes' => <<<'PHP'
        final readonly class Notes {
            public function __construct(private Db $db) {}
            public function find(int $id): ?Note { return $this->db->fetchOne('SELECT * FROM notes WHERE id = ?', [$id], as: Note::class); }
            public function page(int $page): array { return $this->db->fetchAll('SELECT * FROM notes ORDER BY id LIMIT 10 OFFSET :skip', ['skip' => ($page - 1) * 10], as: Note::class); }
            public function add(CreateNote $in, int $by): Note {
                return $this->db->transaction(fn (Transaction $tx) =>
                    $this->find($tx->insert('notes', ['title' => $in->title, 'owner' => $by, 'created_at' => new \DateTimeImmutable('2026-01-02 03:04:05')])->lastInsertId));
            }
            #[Transactional(Db::class)]
            public function twice(string $title): void {
                $this->add(new CreateNote($title), 1);
                $title === 'bob' && throw new \DomainException('no');
                $this->add(new CreateNote($title), 2);
            }
        }
        PHP,
    'NoteController' => <<<'PHP'
        #[Controller('/notes')]
        final readonly class NoteController {
            public function __construct(private Notes $notes, #[Inject('db.reports')] private Db $reports) {}
            #[Get] public function index(#[Query] int $page = 1): array { return $this->notes->page($page); }
            #[Get('/{id}')] public function show(int $id): Note { return $this->notes->find($id) ?? throw new NotFound("note {$id}"); }
            #[Post, Status(201)] public function create(#[Body] CreateNote $in): Note { return $this->notes->add($in, 7); }
            #[Post('/twice/{title}')] public function twice(string $title): array { $this->notes->twice($title); return []; }
            #[Get('/reports/one')] public function report(): array { return [$this->reports->fetchValue('SELECT ?', [1]), $this->reports->stats()['database']]; }
        }
        PHP,
];
foreach ($classes as $name => $code) {
    file_put_contents(temp_path("src/{$name}.php"), "<?php\nnamespace App;\nuse Highper\\{Db, Transaction};\nuse Highper\\Attribute\\{Body, Controller, Get, Inject, Length, Post, Query, Status, Transactional};\nuse Highper\\Http\\NotFound;\n{$code}\n");
}
$server = Server::start(<<<'PHP'
    <?php
    spl_autoload_register(function ($class) { is_file($file = $GLOBALS['argv'][2] . '/src/' . basename(strtr($class, '\\', '/')) . '.php') && require $file; });
    $app = Highper\Application::create($argv[2])->scan('App\\', 'src');
    (new Highper\Db($app->config('db.url')))->execute('CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, owner INT NOT NULL, created_at TEXT NOT NULL)');
    exit($app->run([$argv[0], '--workers', '2']));
    PHP, [temp_path('')]);
$post = fn (string $path, string $body = '') => $server->request('POST', $path, $body, ['Content-Type' => 'application/json']);
$answer = $post('/notes', '{"title":"first"}');
check('created', [$answer->status, $answer->json()['id'] ?? $answer->body, $answer->json()['owner'] ?? 0, $answer->json()['title'] ?? ''], [201, 1, 7, 'first']);
check('found', $server->get('/notes/1')->json()['title'], 'first');
check('not found', $server->get('/notes/2')->status, 404);
check('both', $post('/notes/twice/ann')->status, 200);
check('none', $post('/notes/twice/bob')->status, 500);
check('page', array_column($server->get('/notes')->json(), 'title'), ['first', 'ann', 'ann']);
check('named', $server->get('/notes/reports/one')->json(), [1, 'sqlite::memory:']);
check('end', $server->stop(), 0);

$fails = function (string $db, string $need): string {
    file_put_contents(temp_path('config/db.php'), "<?php return {$db};");
    $server = Server::start("<?php exit(Highper\\Application::create(\$argv[2])->get('/', fn ({$need} \$db) => 1)->run([\$argv[0], '--workers', '1']));", [temp_path('')], wait: false);
    $exit = $server->waitForEnd();
    return $exit . ' ' . trim(preg_replace(['~^\{.*\n~m', '~/\S*/~', '~route GET / \([^)]*\): ~'], '', $server->log())) . "\n";
};
echo $fails('[]', 'Highper\Db');
echo $fails('["url" => "oracle://secret@x"]', 'Highper\Db');
echo $fails('["driver" => "sqlite", "pool" => ["size" => 3]]', 'Highper\Db');
echo $fails('["driver" => "sqlite"]', '#[Highper\Attribute\Inject("db.other")] Highper\Db');
?>
--EXPECT--
ok: created
ok: found
ok: not found
ok: both
ok: none
ok: page
ok: named
ok: end
1 highper: cannot start: Highper\Db: no database is configured: set DATABASE_URL, or return ['url' => 'mysql:…'] from config/db.php
1 highper: cannot start: Highper\Db: there is no driver 'oracle'; there are mysql, postgres and sqlite
1 highper: cannot start: Highper\Db: there is no setting 'pool.size'; there are url, driver, host, port, socket, user, password, database, ssl, ca, timezone, schema, name, charset, collation, connect_timeout, timeout, statements, read, write, sticky, lag, busy_timeout, read_only, journal_mode, foreign_keys, synchronous, and pool with max, min, wait, queue, idle, lifetime, check
1 highper: cannot start: db.other: there is no database of this name: config/db.php needs 'other' => ['url' => 'mysql:…']
