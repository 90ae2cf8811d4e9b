<?php

declare(strict_types=1);

namespace Swoole\Thread;

use Swoole\Thread;

/** Threads that run a Runnable each, again when it ends. Threads need a PHP with thread safety. */
class Pool
{
    /** @var array<int, Thread> by their ids */
    private array $threads = [];

    private string $autoloader = '';

    private string $classDefinitionFile = '';

    private string $runnableClass = '';

    private int $threadNum = 0;

    /** The script that threads begin with. */
    private string $proxyFile;

    private array $arguments = [];

    private object $running;

    /** The ids of threads that end. */
    private object $queue;

    /** @var array<int, int> the places of threads in the pool */
    private array $indexes = [];

    public function __construct(string $runnableClass, int $threadNum)
    {
        if ($threadNum <= 0) {
            throw new \Exception('threadNum must be greater than 0');
        }
        $this->runnableClass = $runnableClass;
        $this->threadNum = $threadNum;
    }

    public function withArguments(...$arguments): static
    {
        $this->arguments = $arguments;
        return $this;
    }

    public function withAutoloader(string $autoloader): static
    {
        $this->autoloader = $autoloader;
        return $this;
    }

    public function withClassDefinitionFile(string $classDefinitionFile): static
    {
        $this->classDefinitionFile = $classDefinitionFile;
        return $this;
    }

    /** Runs until shutdown(), or shutdown() of a Runnable, is called. */
    public function start(): void
    {
        if (!\class_exists(Thread::class, false)) {
            throw new \Exception('threads need a PHP with thread safety: this one has none');
        }
        $this->prepare();
        $this->queue = new Queue();
        $this->running = new Atomic(1);
        for ($index = 0; $index < $this->threadNum; ++$index) {
            $this->createThread($index);
        }
        while ($this->running->get()) {
            $id = $this->queue->pop(-1);
            $this->threads[$id]->join();
            $index = $this->indexes[$id];
            unset($this->threads[$id], $this->indexes[$id]);
            $this->createThread($index);
        }
        foreach ($this->threads as $thread) {
            $thread->join();
        }
    }

    public function shutdown(): void
    {
        $this->running->set(0);
    }

    /** Does a file only declare: may it be loaded again in each thread? */
    protected function isValidPhpFile($filePath): bool
    {
        $allowed = [\T_DECLARE, \T_NAMESPACE, \T_USE, \T_CONST, \T_CLASS, \T_ABSTRACT, \T_FINAL, \T_READONLY, \T_INTERFACE, \T_TRAIT, \T_ENUM, \T_ATTRIBUTE];
        $depth = 0;
        $begins = true;
        try {
            $tokens = \PhpToken::tokenize((string) @\file_get_contents($filePath), \TOKEN_PARSE);
        } catch (\ParseError) {
            return false;
        }
        foreach ($tokens as $token) {
            if ($token->isIgnorable()) {
                continue;
            }
            if ($depth === 0 && $begins && !$token->is($allowed) && $token->text !== ';') {
                return false;
            }
            $depth += match ($token->text) {
                '{', '${' => 1,
                '}' => -1,
                default => $token->is(\T_CURLY_OPEN) ? 1 : 0,
            };
            $begins = $depth === 0 && ($token->text === ';' || $token->text === '}');
        }
        return true;
    }

    protected function createThread($index): void
    {
        $thread = new Thread(
            $this->proxyFile,
            $this->autoloader,
            $this->runnableClass,
            $this->queue,
            $this->classDefinitionFile,
            $this->running,
            $index,
            ...$this->arguments,
        );
        $this->indexes[$thread->id] = $index;
        $this->threads[$thread->id] = $thread;
    }

    /** Finds the class and its files, and writes the script. */
    private function prepare(): void
    {
        $class = $this->runnableClass;
        if ($this->classDefinitionFile === '' && \class_exists($class, false)) {
            $this->classDefinitionFile = (string) (new \ReflectionClass($class))->getFileName();
            if (!$this->isValidPhpFile($this->classDefinitionFile)) {
                throw new \Exception('class definition file must not contain any expressions.');
            }
        } elseif ($this->classDefinitionFile !== '') {
            require_once $this->classDefinitionFile;
        }
        if (!\class_exists($class)) {
            throw new \Exception("class `{$class}` not found");
        }
        if (!\is_subclass_of($class, Runnable::class)) {
            throw new \Exception("class `{$class}` must implements Thread\\Runnable");
        }
        foreach ($this->autoloader === '' ? \get_included_files() : [] as $file) {
            if (\str_ends_with($file, 'vendor/autoload.php')) {
                $this->autoloader = $file;
                break;
            }
        }
        $this->proxyFile = \dirname($this->autoloader ?: $this->classDefinitionFile) . '/thread_runner.php';
        if (!\is_file($this->proxyFile)) {
            \file_put_contents($this->proxyFile, <<<'PHP'
                <?php
                [$autoloader, $class, $queue, $file, $running, $index] = $arguments = Swoole\Thread::getArguments();
                foreach (array_filter([$autoloader, $file]) as $needed) {
                    require_once $needed;
                }
                try {
                    (new $class($running, $index))->run(array_slice($arguments, 6));
                } finally {
                    $queue->push(Swoole\Thread::getId(), Swoole\Thread\Queue::NOTIFY_ONE);
                }

                PHP);
        }
    }
}
