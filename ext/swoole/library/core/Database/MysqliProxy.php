<?php

declare(strict_types=1);

namespace Swoole\Database;

/** A connection of mysqli that is made anew when it was lost, with its options, charset and user. */
class MysqliProxy extends ObjectProxy
{
    /** The methods that talk with the server: false is a failure. */
    public const IO_METHOD_REGEX = '/^autocommit|begin_transaction|change_user|close|commit|kill|multi_query|ping|prepare|query|real_connect|real_query|reap_async_query|refresh|release_savepoint|rollback|savepoint|select_db|send_query|set_charset|ssl_set$/i';

    /** Not connected, gone away, lost. */
    public const IO_ERRORS = [2002, 2006, 2013];

    /** @var \mysqli */
    protected $__object;

    protected string $charsetContext;

    protected array $setOptContext = [];

    protected array $changeUserContext;

    /** @var callable */
    protected $constructor;

    /** How often it was connected again. */
    protected int $round = 0;

    public function __construct(callable $constructor)
    {
        parent::__construct($constructor());
        $this->constructor = $constructor;
    }

    /** @throws MysqliException also after the third attempt on a lost connection */
    public function __call(string $name, array $arguments)
    {
        for ($attempt = 1; ; ++$attempt) {
            $result = $this->attempt($name, $arguments);
            if ($result !== false || !\preg_match(static::IO_METHOD_REGEX, $name)) {
                break;
            }
            $errno = $this->__object->errno;
            if ($attempt === 3 || !\in_array($errno, static::IO_ERRORS, true)) {
                throw new MysqliException($this->__object->error, $errno);
            }
            $this->reconnect();
        }
        return match (\strtolower($name)) {
            'prepare' => new MysqliStatementProxy($result, $arguments[0], $this),
            'stmt_init' => new MysqliStatementProxy($result, null, $this),
            default => $result,
        };
    }

    public function getRound(): int
    {
        return $this->round;
    }

    public function reconnect(): void
    {
        parent::__construct(($this->constructor)());
        ++$this->round;
        if (!empty($this->charsetContext)) {
            $this->__object->set_charset($this->charsetContext);
        }
        foreach ($this->setOptContext as $option => $value) {
            $this->__object->options($option, $value);
        }
        if (!empty($this->changeUserContext)) {
            $this->__object->change_user(...$this->changeUserContext);
        }
    }

    public function options(int $option, $value): bool
    {
        $this->setOptContext[$option] = $value;
        return $this->__object->options($option, $value);
    }

    public function set_opt(int $option, $value): bool
    {
        return $this->options($option, $value);
    }

    public function set_charset(string $charset): bool
    {
        $this->charsetContext = $charset;
        return $this->__object->set_charset($charset);
    }

    public function change_user(string $user, string $password, ?string $database): bool
    {
        $this->changeUserContext = [$user, $password, $database];
        return $this->__object->change_user($user, $password, $database);
    }

    /** False is a failure, also where mysqli is set to throw. */
    private function attempt(string $name, array $arguments): mixed
    {
        try {
            return @$this->__object->{$name}(...$arguments);
        } catch (\mysqli_sql_exception $error) {
            if (\in_array($error->getCode(), static::IO_ERRORS, true) && $this->__object->errno === $error->getCode()) {
                return false;
            }
            throw $error;
        }
    }
}
